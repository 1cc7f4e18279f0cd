use crate::finding::Finding;
use crate::house::House;

/// The file of exceptions: one per line, `rule path reason…`; `#` begins a comment.
const FILE: &str = "xtask/exceptions.txt";

/// Rules about single files. The others keep their exceptions in tables of their own.
const RULES: &[&str] = &[
    "clock",
    "environment",
    "file-length",
    "function-length",
    "leftover",
    "link",
    "machine-path",
    "sql",
    "unnamed",
    "unreached",
    "weight",
];

struct Exception<'a> {
    line: usize,
    rule: &'a str,
    path: &'a str,
}

/// Takes out what an exception covers, and adds a finding for each exception that is wrong or not needed.
pub fn apply(house: &House, findings: Vec<Finding>) -> Vec<Finding> {
    let text = house.file(FILE).map_or("", |file| file.text.as_str());
    let mut exceptions = Vec::new();
    let mut kept = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
    {
        match parse(index + 1, line) {
            Ok(exception) => exceptions.push(exception),
            Err(finding) => kept.push(finding),
        }
    }
    for exception in &exceptions {
        if !findings.iter().any(|finding| covers(exception, finding)) {
            let what = format!("{} breaks no rule {}", exception.path, exception.rule);
            kept.push(Finding::error("exception", FILE, exception.line, what, "take the line out"));
        }
    }
    kept.extend(findings.into_iter().filter(|finding| !exceptions.iter().any(|one| covers(one, finding))));
    kept
}

fn covers(exception: &Exception, finding: &Finding) -> bool {
    exception.rule == finding.rule && exception.path == finding.file
}

fn parse(line: usize, text: &str) -> Result<Exception<'_>, Finding> {
    let wrong = |what: &str| Finding::error("exception", FILE, line, what, "write: rule path reason");
    let mut words = text.split_whitespace();
    let (Some(rule), Some(path)) = (words.next(), words.next()) else {
        return Err(wrong("not an exception"));
    };
    if !RULES.contains(&rule) {
        return Err(wrong(&format!("no rule {rule} takes exceptions here: {}", RULES.join(", "))));
    }
    // Three words are the least that can be a reason.
    if words.count() < 3 {
        return Err(wrong("an exception without a reason"));
    }
    Ok(Exception { line, rule, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(exceptions: &str) -> Vec<(&'static str, usize)> {
        let house = House::default().with(FILE, exceptions);
        let findings = vec![Finding::error("sql", "a.rs", 7, "what", "remedy")];
        apply(&house, findings).iter().map(|finding| (finding.rule, finding.line)).collect()
    }

    #[test]
    fn an_exception_covers_its_rule_in_its_file() {
        assert_eq!(left("# why\n\nsql a.rs the oracle of a test\n"), []);
        assert_eq!(left("sql b.rs the oracle of a test\n"), [("exception", 1), ("sql", 7)]);
    }

    #[test]
    fn an_exception_needs_a_known_rule_and_a_reason() {
        assert_eq!(left("sql a.rs because\n"), [("exception", 1), ("sql", 7)]);
        assert_eq!(left("floors a.rs we really want it\n"), [("exception", 1), ("sql", 7)]);
        assert_eq!(left("sql\n"), [("exception", 1), ("sql", 7)]);
    }
}
