"""What the macros of TeX stand for: tables.

`bench/eval_text.py` prints how much of what occurs in real titles and abstracts they cover.
"""

from __future__ import annotations


def _table(pairs: str) -> dict[str, str]:
    """Read "alpha α  beta β": names and what they stand for."""
    words = pairs.split()
    return dict(zip(words[::2], words[1::2], strict=True))


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


GREEK = _table("""
    alpha α beta β gamma γ delta δ epsilon ε zeta ζ eta η theta θ iota ι kappa κ lambda λ mu μ
    nu ν xi ξ omicron ο pi π rho ρ sigma σ tau τ upsilon υ phi φ chi χ psi ψ omega ω
    Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ Upsilon Υ Phi Φ Psi Ψ Omega Ω
    varepsilon ε vartheta ϑ varkappa κ varpi ϖ varrho ϱ varsigma ς varphi φ
""")

# Letters of languages.  As in TeX, a space behind such a macro ends its name and is no space.
LETTERS = _table("""
    aa å AA Å ae æ AE Æ oe œ OE Œ o ø O Ø l ł L Ł ss ß i ı j ȷ
    dh ð DH Ð dj đ DJ Đ th þ TH Þ ng ŋ NG Ŋ
""")

SYMBOLS = (
    GREEK
    | _table("""
    times × div ÷ cdot · pm ± mp ∓ ast * star ⋆ bullet • oplus ⊕ ominus ⊖ otimes ⊗ odot ⊙
    wedge ∧ land ∧ vee ∨ lor ∨ neg ¬ lnot ¬ cap ∩ cup ∪ bigcap ⋂ bigcup ⋃ setminus ∖
    sum ∑ prod ∏ coprod ∐ int ∫ iint ∬ oint ∮ partial ∂ nabla ∇ infty ∞ circ ∘ triangle △
    le ≤ leq ≤ leqslant ≤ ge ≥ geq ≥ geqslant ≥ ll ≪ gg ≫ lesssim ≲ gtrsim ≳ ne ≠ neq ≠
    lt < gt > textless < textgreater > approx ≈ approxeq ≊ sim ∼ simeq ≃ cong ≅ equiv ≡
    propto ∝ doteq ≐ triangleq ≜ coloneqq ≔ asymp ≍ prec ≺ succ ≻ preceq ⪯ succeq ⪰
    in ∈ notin ∉ ni ∋ subset ⊂ subseteq ⊆ subsetneq ⊊ supset ⊃ supseteq ⊇ emptyset ∅
    varnothing ∅ forall ∀ exists ∃ nexists ∄ models ⊨ vdash ⊢ perp ⊥ bot ⊥ top ⊤ parallel ∥
    mid | vert | lvert | rvert | Vert ‖ lVert ‖ rVert ‖ backslash \\ textbackslash \\
    to → rightarrow → longrightarrow ⟶ leftarrow ← gets ← leftrightarrow ↔ uparrow ↑
    downarrow ↓ updownarrow ↕ nearrow ↗ searrow ↘ swarrow ↙ nwarrow ↖ mapsto ↦ hookrightarrow ↪
    Rightarrow ⇒ implies ⇒ Leftarrow ⇐ Leftrightarrow ⇔ iff ⇔ Uparrow ⇑ Downarrow ⇓
    nrightarrow ↛ rightharpoonup ⇀ rightleftharpoons ⇌ leadsto ⇝ circlearrowleft ↺
    langle ⟨ rangle ⟩ lceil ⌈ rceil ⌉ lfloor ⌊ rfloor ⌋ lbrace { rbrace } lbrack [ rbrack ]
    ldots … dots … cdots ⋯ vdots ⋮ ddots ⋱ dotsc … textellipsis … prime ′ colon : slash /
    ell ℓ hbar ℏ Re ℜ Im ℑ aleph ℵ wp ℘ imath ı jmath ȷ dagger † dag † ddagger ‡ ddag ‡
    sharp ♯ flat ♭ natural ♮ square □ Box □ diamond ⋄ Diamond ◇ lozenge ◊ blacksquare ■
    checkmark ✓ cmark ✓ xmark ✗ angle ∠ measuredangle ∡ therefore ∴ because ∵ heartsuit ♥
    clubsuit ♣ spadesuit ♠ diamondsuit ♦ S § P ¶ copyright © pounds £ euro € textdegree °
    degree ° textregistered ® texttrademark ™ textperthousand ‰ textmu µ textbar | textbullet •
    textasciitilde ∼ textasciicircum ^ textunderscore _ textemdash — textendash – textdagger †
    textquotedblleft “ textquotedblright ” textquoteleft ‘ textquoteright ’ textquotesingle '
    lq ‘ rq ’ guillemotleft « guillemotright » textpm ± texttimes × textrightarrow →
    textasteriskcentered * textdollar $ textbraceleft { textbraceright } textsection §
    LaTeX LaTeX TeX TeX BibTeX BibTeX eg e.g. ie i.e. etc etc. wrt w.r.t.
""")
    | {"etal": "et al."}
)

# Names of functions, which are set apart from letters and digits around them.
FUNCTIONS = _names("""
    arccos arcsin arctan arg argmax argmin cos cosh cot csc deg det dim exp gcd hom inf ker lim
    liminf limsup ln log max min mod bmod Pr sec sin sinh sup tan tanh
""")

# `\macro{content}`: the content.
STYLES = _names("""
    mathrm mathit mathsf mathtt mathnormal operatorname boldsymbol pmb bm mathop mathbin mathrel
    mathord overbrace underbrace boxed ensuremath smash substack uline uwave sout st acrfull
    acrshort acrlong ac acp gls title section subsection paragraph uppercase lowercase
    MakeLowercase MakeUppercase
""")
TEXT_STYLES = _names("""
    text textbf textit texttt textsc textsf textrm textsl textup textmd textnormal emph hl
    underline underbar mbox hbox fbox
""")

# What only says how to print what follows, or where to break lines.
SILENT = _names("""
    bf it em tt sc rm sf sl bfseries itshape ttfamily scshape rmfamily sffamily upshape mdseries
    normalfont tiny scriptsize footnotesize small normalsize large Large LARGE huge Huge
    displaystyle textstyle scriptstyle scriptscriptstyle limits nolimits nonumber
    left right middle big Big bigg Bigg bigl bigr bigm Bigl Bigr Bigm biggl biggr Biggl Biggr
    xspace protect noindent allowbreak nobreak break relax centering maketitle footnotemark
    nolinebreak linebreak unboldmath boldmath mathstrut strut null
""")

LENGTHS = _names("hspace vspace mkern kern mskip hskip vskip")
SPACES = _names("quad qquad enspace thinspace space newline par indent smallskip")

# What is named by a key and was printed as a number.
CITATIONS = _names("""
    cite citep citet citealp citealt citeauthor citeyear citeyearpar parencite textcite autocite
    ref eqref cref Cref autoref
""")

# `\'e`, `\v{c}`, and `\hat{x}` in mathematics: the mark that follows the letter.
TEXT_ACCENTS = {
    "'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304",
    ".": "\u0307", "u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "k": "\u0328",
    "r": "\u030a", "d": "\u0323", "b": "\u0331", "t": "\u0361",
}  # fmt: skip
MATH_ACCENTS = {
    "hat": "\u0302", "widehat": "\u0302", "tilde": "\u0303", "widetilde": "\u0303",
    "bar": "\u0304", "Bar": "\u0304", "overline": "\u0305", "vec": "\u20d7", "dot": "\u0307",
    "ddot": "\u0308", "check": "\u030c", "breve": "\u0306", "acute": "\u0301", "grave": "\u0300",
    "mathring": "\u030a", "overrightarrow": "\u20d7",
}  # fmt: skip

ALPHABETS = {
    "mathcal": "SCRIPT", "cal": "SCRIPT", "mathscr": "SCRIPT", "mathbb": "DOUBLE-STRUCK",
    "mathds": "DOUBLE-STRUCK", "mathbbm": "DOUBLE-STRUCK", "mathbf": "BOLD",
    "mathfrak": "FRAKTUR",
}  # fmt: skip
