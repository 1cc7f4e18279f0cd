//! What people can see: contrast computed from the style sheet's own tokens.

use std::collections::HashMap;

const CSS: &str = include_str!("../../assets/candor.css");

/// Token pairs that text stands in: foreground, ground. WCAG 2.2 SC 1.4.3 asks for 4.5.
const TEXT: [(&str, &str); 34] = [
    ("ink", "paper"),
    ("ink", "card"),
    ("ink-2", "paper"),
    ("ink-2", "card"),
    ("ink-3", "paper"),
    ("ink-3", "card"),
    ("accent", "paper"),
    ("accent", "card"),
    ("accent", "accent-wash"),
    ("on-fill", "fill"),
    ("on-fill", "fill-over"),
    ("on-banner", "banner"),
    ("on-banner-2", "banner"),
    ("on-banner-alert", "banner-alert"),
    ("proved", "proved-wash"),
    ("attested", "attested-wash"),
    ("attributed", "attributed-wash"),
    ("stale", "stale-wash"),
    ("failed", "failed-wash"),
    ("plain", "plain-wash"),
    ("ink", "proved-wash"),
    ("ink", "attested-wash"),
    ("ink", "stale-wash"),
    ("ink", "failed-wash"),
    ("ink", "plain-wash"),
    ("ink", "accent-wash"),
    ("failed", "paper"),
    ("failed", "card"),
    ("proved", "paper"),
    ("proved", "card"),
    ("attested", "paper"),
    ("attributed", "paper"),
    ("stale", "paper"),
    ("stale", "card"),
];

/// Pairs of shapes that carry meaning, such as the edge of a field and the ring of the focus. SC 1.4.11 asks for 3.
const SHAPES: [(&str, &str); 6] =
    [("edge", "paper"), ("edge", "card"), ("focus", "paper"), ("focus", "card"), ("fill", "paper"), ("fill", "card")];

fn tokens(block: &str) -> HashMap<&str, f64> {
    let lines = block.lines().map(str::trim).take_while(|line| !line.starts_with('}'));
    lines
        .filter_map(|line| {
            let (name, value) = line.strip_prefix("--")?.split_once(": #")?;
            Some((name, luminance(value.trim_end_matches(';'))))
        })
        .collect()
}

/// Relative luminance (WCAG 2.2).
fn luminance(hex: &str) -> f64 {
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(0) + 0.7152 * channel(2) + 0.0722 * channel(4)
}

fn contrast(one: f64, other: f64) -> f64 {
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn every_text_can_be_read_in_both_themes() {
    let mut roots = CSS.split(":root {").skip(1);
    let (light, dark) = (tokens(roots.next().unwrap()), tokens(roots.next().unwrap()));
    assert!(light.len() >= 30 && light.len() == dark.len(), "{} and {} tokens", light.len(), dark.len());
    let mut weak = Vec::new();
    for (theme, tokens) in [("light", &light), ("dark", &dark)] {
        for (pairs, least) in [(&TEXT[..], 4.5), (&SHAPES[..], 3.0)] {
            for (one, other) in pairs {
                let found = contrast(tokens[one], tokens[other]);
                if found < least {
                    weak.push(format!("{theme}: {one} on {other} is {found:.2}, needs {least}"));
                }
            }
        }
    }
    assert!(weak.is_empty(), "{weak:#?}");
}

#[test]
fn the_computation_knows_black_from_grey() {
    assert!((contrast(luminance("000000"), luminance("ffffff")) - 21.0).abs() < 0.01);
    assert!((contrast(luminance("777777"), luminance("ffffff")) - 4.48).abs() < 0.01);
}

#[test]
fn verdict_colours_are_those_of_the_design() {
    for token in [
        "--paper: #faf9f6",
        "--ink: #1a1e22",
        "--hairline: #e4e1da",
        "--accent: #0d5c63",
        "--proved: #1d7a4c",
        "--attested: #2557a7",
        "--attributed: #6a5a8c",
        "--stale: #9a5b00",
        "--failed: #b3261e",
    ] {
        assert!(CSS.contains(token), "{token}");
    }
}

#[test]
fn no_template_needs_an_inline_style_or_script() {
    let mut seen = 0;
    for folder in ["templates", "templates/parts", "src/parts"] {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if !path.is_file() {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            seen += 1;
            for banned in [" style=", "<style", "<script>", "onclick=", "javascript:", "|safe"] {
                assert!(!text.contains(banned), "{} holds {banned}", path.display());
            }
        }
    }
    assert!(seen > 10);
}
