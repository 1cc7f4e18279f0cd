use std::collections::BTreeMap;

use crate::finding::Finding;
use crate::house::{File, House};

/// Every relative link in a Markdown file leads to a file, a folder or a heading that exists.
pub fn check(house: &House) -> Vec<Finding> {
    let pages = house.files.iter().filter(|file| file.path.ends_with(".md"));
    pages.flat_map(|page| links(page).into_iter().filter_map(|(line, link)| dead(house, page, line, &link))).collect()
}

/// The targets of `[text](target)` and `![text](target)` outside code, with their lines.
fn links(page: &File) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (index, line) in page.text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        // Every second piece between backticks is code.
        let prose: String =
            line.split('`').enumerate().map(|(at, piece)| if at % 2 == 0 { piece } else { "code" }).collect();
        for after in prose.split("](").skip(1) {
            if let Some((target, _)) = after.split_once(')') {
                found.push((index + 1, target.split_whitespace().next().unwrap_or("").to_owned()));
            }
        }
    }
    found
}

fn dead(house: &House, page: &File, line: usize, link: &str) -> Option<Finding> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let finding =
        |what: String| Finding::error("link", &page.path, line, what, "correct the link, or write what it promises");
    let (path, heading) = link.split_once('#').unwrap_or((link, ""));
    let target = if path.is_empty() { page.path.clone() } else { resolve(&page.path, path) };
    let Some(file) = house.file(&target) else {
        let folder = format!("{}/", target.trim_end_matches('/'));
        let exists = target.is_empty() || house.files.iter().any(|file| file.path.starts_with(&folder));
        return (!exists).then(|| finding(format!("{link} leads nowhere")));
    };
    let known = heading.is_empty() || !file.path.ends_with(".md") || headings(&file.text).contains_key(heading);
    (!known).then(|| finding(format!("{link}: no such heading in {target}")))
}

/// `path` as seen from the page, from the root.
fn resolve(page: &str, path: &str) -> String {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The anchors of a page's headings, made as the common renderers make them.
fn headings(text: &str) -> BTreeMap<String, usize> {
    let mut anchors = BTreeMap::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| line.starts_with('#')) {
        let words = line.trim_start_matches('#').trim().to_lowercase();
        let anchor = words.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        anchors.insert(anchor.map(|c| if c == ' ' { '-' } else { c }).collect(), index + 1);
    }
    anchors
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<usize> {
        let house = House::default()
            .with("docs/a.md", text)
            .with("docs/decisions/0001-x.md", "# One, two: three\n")
            .with("README.md", "");
        check(&house).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn links_that_lead_somewhere_pass() {
        let text = "# Top\n[a](../README.md) [b](decisions/) ![c](decisions/0001-x.md \"title\")\n\
                    [d](https://example.org/x) [e](#top) [f](decisions/0001-x.md#one-two-three) `[g](no.md)`\n\
                    ```\n[h](no.md)\n```\n[root](..)\n";
        assert_eq!(found(text), [0; 0]);
    }

    #[test]
    fn links_that_lead_nowhere_are_found() {
        assert_eq!(found("\n[a](no.md)"), [2]);
        assert_eq!(found("![a](images/no.png) [b](../docs/b.md)"), [1, 1]);
        assert_eq!(found("[a](#no) [b](decisions/0001-x.md#no)"), [1, 1]);
    }
}
