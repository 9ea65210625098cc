"""What TeX becomes, by example; the promises that hold for any text are below."""

from __future__ import annotations

import re
from unicodedata import category, is_normalized, normalize

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from papers.tex import to_unicode
from papers.text import readable

MATHEMATICS = [
    (r"$\alpha$-Divergence", "α-Divergence"),
    (r"X$^{2}$-Gaussian, $D^2GS$ and $A^2R^2$", "X²-Gaussian, D²GS and A²R²"),
    (r"MoS$_2$ and $L_{\infty}$", "MoS₂ and L_∞"),
    (r"$\mathcal{O}(n\log n)$", "𝒪(n log n)"),
    (r"$\mathbf{x} \in \mathbb{R}^{d \times d}$", "𝐱 ∈ ℝ^(d × d)"),
    (r"$\mathbf{MyNet}$ and $\mathfrak g$", "MyNet and 𝔤"),
    (r"$\frac{a}{b}$, $\frac{a+b}{2}$, $\frac12$", "a/b, (a+b)/2, 1/2"),
    (r"$\sqrt{x+1}$ and $\sqrt[3]{x}$", "√(x+1) and ³√x"),
    (r"$x_{i,j}$, $x_{max}$, $r^{update}$", "x_(i,j), x_max, r^update"),
    (r"$\sum_{i=1}^{n} x_i$", "∑ᵢ₌₁ⁿ xᵢ"),
    (r"$10^{-3}$, $k^{\text{th}}$, $x^\top$, $\theta^*$, $90^\circ$", "10⁻³, kᵗʰ, xᵀ, θ*, 90°"),
    (r"$\hat{x}$, $\bar y$, $\vec{v}$", "x̂, ȳ, v⃗"),
    (r"$p(x \mid y)$ and $\|w\|_2$", "p(x | y) and ‖w‖₂"),
    (r"$\left( \frac{1}{2} \right]$", "( 1/2 ]"),
    (r"$\{1,\ldots,k\}$", "{1,…,k}"),
    (r"$f: X \to Y$", "f: X → Y"),
    (r"$\arg\max_\theta f$", "arg max_θ f"),
    (r"5$\times$, $\sim$10, 91.2$\pm$0.3, $\geq 5$", "5×, ∼10, 91.2±0.3, ≥5"),
    (r"$$E = mc^2$$ and \(a \le b\)", "E = mc² and a ≤ b"),
    (r"$\textit{New News}$: a study", "New News: a study"),
    (r"$\textbf{A}$daptive $\textbf{M}$odes", "Adaptive Modes"),
    (r"people$\unicode{x2013}$and machines", "people–and machines"),
    (r"$3,907$ samples, $1-H(p)$, $4.08/5$", "3,907 samples, 1-H(p), 4.08/5"),
    (r"$a \not\in B$, $\binom{n}{k}$", "a ∉ B, (n choose k)"),
    (r"CoRe^2, $x$^10.5, 2^{18}, r^{update}", "CoRe², x^10.5, 2¹⁸, r^update"),
    (r"1024\(\times\)1024 and 3.1\times faster", "1024×1024 and 3.1× faster"),
]

MONEY_AND_OTHER_TEXT = [
    "Costs $5 and $10",
    "from $5-$10 to $5/$10",
    "$4 per test, and $0.005 each",
    "at $1,000 (or US$) and 4$ per hour",
    "costs $5 or US$, not less",
    "Ke$ha and A$AP sing",
    r"turned $\unicode{x202e}$ around",
    "100% accuracy & more #1 a_b c^d",
    "a {snowy} photo of a {class}",
    "run `code` with --flag",
    "{-1, 0, 1} in 3~4 of ~10 cases",
    "https://example.org/~one/a_b--c?d=e",
    r"We propose \method, and \ours{one}",
    r"the ratio $\frac{\bW_t}{2}$ is kept",
    r"open $\frac{a}{b and \emph{so on",
    r"one \3) and { and \emph this",
    "a trailing \\",
]

TEXT = [
    (r"Schr\"odinger, Erd\H{o}s, na\"{\i}ve, Fran\c{c}ois", "Schrödinger, Erdős, naïve, François"),
    (r"P\'erez, M\"{o}bius, \'{E}va, \v{C}apek, \.Zak", "Pérez, Möbius, Éva, Čapek, Żak"),
    (r"\O stergaard, \AA ngstr\"om, Stra\ss e, \L{}ukasz", "Østergaard, Ångström, Straße, Łukasz"),
    (r"P\\'erez and 86\\% of \\textbf{all}", "Pérez and 86% of all"),
    (r"the model\'s \"best\" answer", 'the model\'s "best" answer'),
    (r"\b{eta}-VAE and \r{ho} = 0.6", "β-VAE and ρ = 0.6"),  # as arXiv garbles them
    (r"90{\deg}C, {\alpha}, 7{times} faster", "90°C, α, 7× faster"),
    ("``one'' --- `two' and pages 3--5", "“one” — ‘two’ and pages 3–5"),
    (r"Fig.~3, methods~(e.g., ours)", "Fig. 3, methods (e.g., ours)"),
    (r"50\% of A\&B cost \$5 \#1 a\_b \{c\}", "50% of A&B cost $5 #1 a_b {c}"),
    (r"\emph{a \textbf{b}} \texttt{c} {\bf d} \underline{M}ixed", "a b c d Mixed"),
    ("texttt{D}ual {bf Net}", "Dual Net"),  # sources that drop backslashes
    (r"symmet{R}y and 5{,}000", "symmetRy and 5,000"),
    (r"\href{https://a.example/b\_c}{here}", "here (https://a.example/b_c)"),
    (r"\href{https://a.example}{https://a.example}", "https://a.example"),
    (r"\href{https://a.example/b}{a.example/b}.", "https://a.example/b."),
    (r"\href{https://a.example/b}{see a.example/b}", "see a.example/b"),
    (r"\citep[see][p. 3]{one}", "[see, p. 3, one]"),
    (r"https://a.example/b{page}.", "page (https://a.example/b)."),
    (r"\url{https://a.example/~b}", "https://a.example/~b"),
    (r"as shown~\cite{one2020,two}\footnote{Twice.}", "as shown [one2020,two] (Twice.)"),
    (r"\textcolor{red}{hot} {\color{blue}cold}", "hot cold"),
    (r"1\textsuperscript{st}, CO\textsubscript{2}", "1ˢᵗ, CO₂"),
    (r"i.\,i.\,d., in\-crease, a\\b, \LaTeX{}", "i. i. d., increase, a b, LaTeX"),
    (r"\eg, \ie. and {\method} or \ours{}", r"e.g., i.e. and \method or \ours"),
    (r"\enquote{so}", "“so”"),
    (r"from $5 to \$10 and $x_1$", "from $5 to $10 and x₁"),
    ("eﬃcient ﬁne-tuning of ﬂows", "efficient fine-tuning of flows"),
]


@pytest.mark.parametrize(("source", "shown"), MATHEMATICS + TEXT)
def test_tex_becomes_unicode(source, shown):
    assert readable(source, limit=1000) == shown


@pytest.mark.parametrize("text", MONEY_AND_OTHER_TEXT)
def test_money_and_what_nobody_knows_stay_as_they_are(text):
    assert readable(text, limit=1000) == text


def test_a_formula_between_amounts_of_money_is_read():
    text = "For $1,000 ($n$ items) and under $5 each, $k$-NN needs $O(n)$."
    assert to_unicode(text) == "For $1,000 (n items) and under $5 each, k-NN needs O(n)."


def test_a_formula_with_an_unknown_macro_stays_whole():
    assert to_unicode(r"$\alpha$ and $\alpha\foo{\beta}$") == r"α and $\alpha\foo{\beta}$"


def test_groups_that_lie_too_deep_stay():
    deep = r"\emph{" * 40 + "word" + "}" * 40
    assert "word" in to_unicode(deep)
    assert to_unicode("$" + "{" * 40 + "x" + "}" * 40 + "$").startswith("${{")


TEX = st.lists(
    st.one_of(
        st.sampled_from(
            [*"\\${}^_~`'\"-%&([)]|,. 4", "\\'", '\\"', "\\frac", "\\textbf{", "\\alpha", "\\\\",
             "\\text{", "$$", "``", "--", "\\href{", "\\v", "\\mathbb{", "https://a.b/", "\\foo",
             "\\left", "\\deg", "\\log", "^{", "\\(", "\\)", "\\$", "\\cite{", "\u200d", "\u0301"]
        ),
        st.sampled_from(["one", "two words", "Three", "x", "é"]),
    ),
    max_size=40,
).map("".join)  # fmt: skip


@given(st.one_of(st.text(st.characters(exclude_categories=[])), TEX), st.integers(1, 200))
@example(r"\textbf{\$x\$}", 100)
@example("`a' b", 4)
def test_any_text_becomes_readable_and_stays_so(text, limit):
    once = readable(text, limit=limit)
    assert readable(once, limit=limit) == once
    assert len(once) <= limit
    assert is_normalized("NFC", once)
    assert not [char for char in once if category(char) in {"Cc", "Cs", "Zl", "Zp"}]
    assert once == " ".join(once.split())


WORDS = ["orange", "zebra", "quiet", "window", "harbour", "mountain"]
AROUND = st.sampled_from(
    ["$", "$$", "{", "}", " ", "~", "--", "``", "''", "^", "_", "^{", "\\", "\\textbf{", "\\emph ",
     "\\frac", "\\sqrt{", "\\footnote{", "\\foo{", "\\%", "\\'", "\\href{https://a.b/c}{", "(", ")",
     "\\(", "\\)", "$5 ", "100%", "&", "\\left(", "\\hat{", "\\text{", "\\\\", "\n", ", "]
)  # fmt: skip


@given(st.lists(st.tuples(AROUND, st.sampled_from(WORDS), AROUND)))
def test_no_plain_word_is_lost(parts):
    # A space in front, so that no word becomes part of the name of a macro.
    text = "".join(f"{before} {word}{after}" for before, word, after in parts)
    shown = normalize("NFKD", readable(text, limit=10_000))
    letters = re.sub(r"[\u0300-\u036f]", "", shown)
    for word in WORDS:
        assert letters.count(word) >= text.count(word), (text, shown)
