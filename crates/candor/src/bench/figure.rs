use std::fmt::Write as _;

use serde::Serialize;

/// One figure, as it stands in `bench.json`.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    name: &'static str,
    value: f64,
    unit: &'static str,
    target: f64,
    holds: bool,
    /// What lies behind the value, for people.
    detail: String,
    #[serde(skip)]
    bound: &'static str,
}

impl Figure {
    /// A figure that should not be larger than its target.
    pub(super) fn at_most(name: &'static str, value: f64, unit: &'static str, target: f64, detail: String) -> Self {
        Self { name, value: rounded(value), unit, target, holds: value <= target, detail, bound: "≤" }
    }

    /// A figure that should not be smaller than its target.
    pub(super) fn at_least(name: &'static str, value: f64, unit: &'static str, target: f64, detail: String) -> Self {
        Self { name, value: rounded(value), unit, target, holds: value >= target, detail, bound: "≥" }
    }
}

/// Three decimals: more would be noise.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// The figures as a table for people.
pub fn table(figures: &[Figure]) -> String {
    let mut text = format!("{:<20}{:>12}  {:<12}{:>8}  {:<7}\n", "", "measured", "unit", "target", "holds");
    for Figure { name, value, unit, target, holds, detail, bound } in figures {
        let holds = if *holds { "yes" } else { "NO" };
        // Writing to a String cannot fail.
        _ = writeln!(text, "{name:<20}{value:>12}  {unit:<12}{bound:>2}{target:>6}  {holds:<5}  {detail}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_target_does_not_hold() {
        assert!(Figure::at_most("a", 50.0, "ns", 50.0, String::new()).holds);
        assert!(!Figure::at_most("a", 50.01, "ns", 50.0, String::new()).holds);
        assert!(Figure::at_least("a", 0.7, "ratio", 0.7, String::new()).holds);
        assert!(!Figure::at_least("a", 0.6999, "ratio", 0.7, String::new()).holds);
    }

    #[test]
    fn a_figure_has_the_five_fields_that_others_read() {
        let figure = serde_json::to_value(Figure::at_most("decision", 9.0, "ns", 50.0, "x".into())).unwrap();
        for field in ["name", "value", "unit", "target", "holds"] {
            assert!(figure.get(field).is_some(), "{field}");
        }
    }
}
