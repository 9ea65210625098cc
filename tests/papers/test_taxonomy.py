from __future__ import annotations

import pytest

from papers import taxonomy


@pytest.mark.parametrize(
    ("code", "normal"),
    [
        ("cs.CL", "cs.CL"),
        (" hep-th\n", "hep-th"),
        ("math.MP", "math-ph"),
        ("stat.TH", "math.ST"),
        ("math.IT", "cs.IT"),
        ("q-fin.EC", "econ.GN"),
        ("cs.SY", "eess.SY"),
        ("cs.NA", "math.NA"),
        ("chao-dyn", "nlin.CD"),
        ("cmp-lg", "cs.CL"),
        ("astro-ph", "astro-ph"),
        ("68T50", ""),
        ("I.2.7", ""),
        ("cs.NOPE", ""),
        ("test.soft", ""),
        ("", ""),
    ],
)
def test_a_code_is_written_as_today(code, normal):
    assert taxonomy.normal(code) == normal


def test_two_names_of_one_subject_count_once():
    assert taxonomy.normals(["math.MP", "cs.LG", "math-ph", "nonsense"]) == ("math-ph", "cs.LG")


@pytest.mark.parametrize(
    ("subject", "code"),
    [
        ("Computer Science - Computation and Language", "cs.CL"),
        ("Computer Science -  Numerical analysis", "math.NA"),
        ("Mathematics - Numerical Analysis", "math.NA"),
        ("High Energy Physics - Theory", "hep-th"),
        ("Condensed Matter - Soft Condensed Matter", "cond-mat.soft"),
        ("Quantum Physics", "quant-ph"),
        ("Poetry - Sonnets", ""),
    ],
)
def test_a_subject_that_is_spelt_out_has_its_code(subject, code):
    assert taxonomy.spelt_out(subject) == code


def test_every_alias_leads_to_a_category_that_is_no_alias_itself():
    for code in taxonomy.categories():
        assert taxonomy.normal(taxonomy.normal(code)) == taxonomy.normal(code) != ""


def test_a_category_knows_its_group():
    robots = taxonomy.categories()["cs.RO"]
    assert (robots.name, robots.group) == ("Robotics", "Computer Science")
    assert taxonomy.categories()["hep-th"].group == "Physics"
