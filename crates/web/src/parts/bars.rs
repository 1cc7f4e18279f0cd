use askama::Template;

use super::embeds;

/// Counts over time as upright bars, the newest on the right, with a word under the beginning of each stretch.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(
    source = r#"<svg class="bars" viewBox="0 0 {{ width }} 128" role="img" aria-label="{{ words }}">{% for (x, y, height, class, title) in bars %}<rect class="{{ class }}" x="{{ x }}" y="{{ y }}" width="{{ bar }}" height="{{ height }}" rx="1"><title>{{ title }}</title></rect>{% endfor %}<line x1="0" x2="{{ width }}" y1="96.5" y2="96.5"/>{% for (x, label) in labels %}<text x="{{ x }}" y="120">{{ label }}</text>{% endfor %}</svg>"#,
    ext = "html"
)]
pub struct Bars {
    words: String,
    width: usize,
    bar: usize,
    bars: Vec<(usize, u64, u64, &'static str, String)>,
    labels: Vec<(usize, String)>,
}

const HEIGHT: u64 = 92;
const FLOOR: u64 = 96;

impl Bars {
    /// One bar for each count with what it says when pointed at; `labels` stand under the bar of their number. `words`
    /// say the same for those who do not see it.
    pub fn new(words: impl Into<String>, counts: &[(u64, String)], labels: Vec<(usize, String)>) -> Self {
        let step = (1176 / counts.len().max(1)).max(2);
        let bar = step.saturating_sub((step / 4).clamp(1, 6));
        let most = counts.iter().map(|(count, _)| *count).max().unwrap_or(0).max(1);
        let one = |(at, (count, title)): (usize, &(u64, String))| {
            let height = if *count == 0 { 1 } else { (count * HEIGHT / most).max(3) };
            let class = if *count == 0 { "none" } else { "some" };
            (at * step, FLOOR - height, height, class, title.clone())
        };
        Self {
            words: words.into(),
            width: counts.len() * step,
            bar,
            bars: counts.iter().enumerate().map(one).collect(),
            labels: labels.into_iter().map(|(at, label)| (at * step, label)).collect(),
        }
    }
}

embeds!(Bars);
