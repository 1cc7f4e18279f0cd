use askama::Template;

use super::{Html, embeds};

/// What the trust page can say about a claim. Always shown with an icon and a word, never by colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// A probe has shown it on the running system.
    Proved,
    /// A named person has signed that it is so.
    Attested,
    /// Somebody else promises it, by name.
    Attributed,
    /// A probe has shown that it is not so.
    Failed,
    /// The last proof is too old.
    Stale,
    /// There should be evidence and there is none.
    EvidenceMissing,
    /// A person must decide.
    JudgementRequired,
    /// Deliberately not kept, with a reason.
    Waived,
    /// Does not concern this house.
    NotApplicable,
}

impl Verdict {
    /// The word on the chip.
    pub const fn words(&self) -> &'static str {
        match self {
            Self::Proved => "Proved",
            Self::Attested => "Attested",
            Self::Attributed => "Attributed",
            Self::Failed => "Failed",
            Self::Stale => "Stale",
            Self::EvidenceMissing => "Evidence missing",
            Self::JudgementRequired => "Judgement required",
            Self::Waived => "Waived",
            Self::NotApplicable => "Not applicable",
        }
    }

    const fn class(&self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Attested => "attested",
            Self::Attributed => "attributed",
            Self::Failed => "failed",
            Self::Stale | Self::EvidenceMissing | Self::JudgementRequired => "stale",
            Self::Waived | Self::NotApplicable => "plain",
        }
    }

    /// The icon's path on a 16 by 16 grid, drawn as a line.
    const fn icon(&self) -> &'static str {
        match self {
            Self::Proved => "M3.5 8.5l3 3 6-7",
            Self::Attested => "M3.5 12.5l.7-2.8 6.6-6.6 2.1 2.1-6.6 6.6z",
            Self::Attributed => {
                "M8 7.6a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6zM3.5 13c.5-2.4 2.3-3.6 4.5-3.6s4 1.2 4.5 3.6"
            }
            Self::Failed => "M4 4l8 8M12 4l-8 8",
            Self::Stale => "M8 13.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zM8 5v3.3l2.2 1.3",
            Self::EvidenceMissing => "M4.5 2.5h4.5l2.5 2.5v3M11.5 13.5h-7v-11M9.5 11h4",
            Self::JudgementRequired => "M5.5 6a2.5 2.5 0 1 1 3.6 2.2c-.8.5-1.1.9-1.1 1.8M8 12.8v.2",
            Self::Waived => "M3 8h10M10 5l3 3-3 3",
            Self::NotApplicable => "M4 8h8",
        }
    }

    /// Top and height of this verdict's bar on a strip of 24, so that the shape alone tells good from bad.
    const fn bar(&self) -> (u8, u8) {
        match self {
            Self::Proved | Self::Attested | Self::Attributed | Self::Failed => (0, 24),
            Self::Stale | Self::JudgementRequired => (10, 14),
            Self::EvidenceMissing | Self::Waived | Self::NotApplicable => (20, 4),
        }
    }
}

/// A verdict as a chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Template)]
#[template(
    source = r#"<span class="chip {{ verdict.class() }}"><svg viewBox="0 0 16 16" aria-hidden="true"><path d="{{ verdict.icon() }}"/></svg>{{ verdict.words() }}</span>"#,
    ext = "html"
)]
pub struct Chip {
    verdict: Verdict,
}

impl Chip {
    /// The chip of a verdict.
    pub const fn new(verdict: Verdict) -> Self {
        Self { verdict }
    }
}

/// What a tag or notice feels like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tone {
    /// Neither good nor bad.
    Plain,
    /// Of this house.
    Accent,
    /// Good, done.
    Good,
    /// To know, planned.
    Info,
    /// To look at soon.
    Warn,
    /// Wrong, or dangerous.
    Bad,
}

impl Tone {
    pub(super) const fn class(&self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Accent => "accent",
            Self::Good => "proved",
            Self::Info => "attested",
            Self::Warn => "stale",
            Self::Bad => "failed",
        }
    }
}

/// A word on a coloured ground.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(source = r#"<span class="chip {{ tone.class() }}">{{ words }}</span>"#, ext = "html")]
pub struct Tag {
    tone: Tone,
    words: String,
}

impl Tag {
    /// A tag.
    pub fn new(tone: Tone, words: impl Into<String>) -> Self {
        Self { tone, words: words.into() }
    }
}

/// The recent history of a claim: one bar per check, the newest on the right.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(
    source = r#"<svg class="strip" viewBox="0 0 {{ width }} 24" role="img" aria-label="{{ words }}" preserveAspectRatio="xMaxYMid meet">{% for (x, y, height, class) in bars %}<rect class="{{ class }}" x="{{ x }}" y="{{ y }}" width="3.7" height="{{ height }}" rx="1"/>{% endfor %}</svg>"#,
    ext = "html"
)]
pub struct Strip {
    words: String,
    width: usize,
    bars: Vec<(usize, u8, u8, &'static str)>,
}

const BARS: usize = 42;
const BAR_STEP: usize = 6;

impl Strip {
    /// The history, oldest first; the last 42 are drawn. `words` say the same for those who do not see it.
    pub fn new(history: &[Verdict], words: impl Into<String>) -> Self {
        let from = history.len().saturating_sub(BARS);
        let shown = history.get(from..).unwrap_or(&[]);
        let empty = BARS - shown.len();
        let bar = |(at, verdict): (usize, &Verdict)| {
            let (y, height) = verdict.bar();
            ((empty + at) * BAR_STEP, y, height, verdict.class())
        };
        Self { words: words.into(), width: BARS * BAR_STEP, bars: shown.iter().enumerate().map(bar).collect() }
    }
}

/// How many of all have which verdict, as one bar.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(
    source = r#"<svg class="proportion" role="img" aria-label="{{ words }}" width="100%" height="8">{% for (x, width, class) in segments %}<rect class="{{ class }}" x="{{ x }}%" y="0" width="{{ width }}%" height="8"/>{% endfor %}</svg>"#,
    ext = "html"
)]
pub struct Proportion {
    words: String,
    segments: Vec<(String, String, &'static str)>,
}

/// The least share of the bar that anything counted gets, in thousandths, so that one failure in a thousand is seen.
const SHARE_MIN: u64 = 8;

impl Proportion {
    /// A bar of counts, in the order given.
    pub fn new(counts: &[(Verdict, u64)]) -> Self {
        let counts: Vec<_> = counts.iter().filter(|(_, count)| *count > 0).collect();
        let total: u64 = counts.iter().map(|(_, count)| count).sum();
        let raw: Vec<u64> = counts.iter().map(|(_, count)| (count * 1000 / total.max(1)).max(SHARE_MIN)).collect();
        let sum: u64 = raw.iter().sum();
        let mut x = 0;
        let mut segments = Vec::new();
        for ((verdict, _), share) in counts.iter().zip(&raw) {
            let width = share * 1000 / sum.max(1);
            segments.push((percent(x), percent(width), verdict.class()));
            x += width;
        }
        let told: Vec<_> = counts.iter().map(|(verdict, count)| format!("{count} {}", verdict.words())).collect();
        Self { words: told.join(", ").to_lowercase(), segments }
    }
}

fn percent(thousandths: u64) -> String {
    format!("{}.{}", thousandths / 10, thousandths % 10)
}

/// One promise: its sentence, what was counted and when, its history, its verdict.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(
    source = r#"<li class="line"><div class="line-words"><p>{% if let Some(href) = href %}<a href="{{ href }}">{{ sentence }}</a>{% else %}{{ sentence }}{% endif %}</p><p class="small">{{ detail }}</p></div>{{ strip }}<div class="line-chip">{{ chip }}</div></li>"#,
    ext = "html"
)]
pub struct Line {
    sentence: String,
    detail: String,
    href: Option<String>,
    strip: Html,
    chip: Chip,
}

impl Line {
    /// A line of `<ol class="lines">`.
    pub fn new(
        sentence: impl Into<String>,
        detail: impl Into<String>,
        href: Option<String>,
        strip: &Strip,
        verdict: Verdict,
    ) -> Self {
        Self {
            sentence: sentence.into(),
            detail: detail.into(),
            href,
            strip: Html::of(strip),
            chip: Chip::new(verdict),
        }
    }
}

embeds!(Chip, Tag, Strip, Proportion, Line);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failure_in_ten_thousand_is_seen() {
        let bar = Proportion::new(&[(Verdict::Proved, 9_999), (Verdict::Failed, 1)]);
        assert_eq!(bar.segments.len(), 2);
        assert_ne!(bar.segments[1].1, "0.0");
        assert_eq!(bar.words, "9999 proved, 1 failed");
    }

    #[test]
    fn words_inside_a_part_are_escaped_and_the_part_is_not() {
        let tag = Tag::new(Tone::Plain, "<b>&");
        assert_eq!(tag.to_string(), r#"<span class="chip plain">&#60;b&#62;&#38;</span>"#);
        assert_eq!(Html::of(&tag).to_string(), tag.to_string());
    }
}
