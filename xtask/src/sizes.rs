use crate::finding::Finding;
use crate::house::{File, House};
use crate::rust::{self, Keep};

const FILE_LINES_NOTE: usize = 400;
const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_NOTE: usize = 60;
const FUNCTION_LINES_MAX: usize = 100;
const FILE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Rust files and functions are short enough to read; no file is heavy enough to burden the repository.
pub fn check(house: &House) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &house.files {
        if file.bytes > FILE_BYTES_MAX {
            let what = format!("{} bytes, more than {FILE_BYTES_MAX}", file.bytes);
            findings.push(Finding::error(
                "weight",
                &file.path,
                0,
                what,
                "keep a smaller sample, or fetch it when needed",
            ));
        }
    }
    for file in house.rust() {
        findings.extend(length(file));
        findings.extend(functions(file));
    }
    findings
}

fn length(file: &File) -> Option<Finding> {
    let lines = file.text.lines().count();
    let remedy = "split it along its nouns and verbs";
    let finding = |max| Finding::error("file-length", &file.path, 0, format!("{lines} lines, more than {max}"), remedy);
    match lines {
        _ if lines > FILE_LINES_MAX => Some(finding(FILE_LINES_MAX)),
        _ if lines > FILE_LINES_NOTE => Some(finding(FILE_LINES_NOTE).into_note()),
        _ => None,
    }
}

fn functions(file: &File) -> Vec<Finding> {
    let code = rust::mask(&file.text, Keep::Code);
    let mut findings = Vec::new();
    let mut from = 0;
    while let Some(at) = code.get(from..).and_then(|rest| rust::whole(rest, "fn ")) {
        let start = from + at;
        let body = code.get(start..).unwrap_or("");
        let lines = body.get(..rust::item_length(body)).map_or(0, |item| item.lines().count());
        let name = body.get(3..).and_then(|rest| rest.split(['(', '<', ' ']).next()).unwrap_or("");
        let finding = |max| {
            let what = format!("fn {name} has {lines} lines, more than {max}");
            Finding::error(
                "function-length",
                &file.path,
                rust::line_at(&code, start),
                what,
                "move its steps into functions below it",
            )
        };
        match lines {
            _ if lines > FUNCTION_LINES_MAX => findings.push(finding(FUNCTION_LINES_MAX)),
            _ if lines > FUNCTION_LINES_NOTE => findings.push(finding(FUNCTION_LINES_NOTE).into_note()),
            _ => {}
        }
        from = start + 3;
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Weight;

    fn found(text: &str) -> Vec<(&'static str, usize, Weight)> {
        let house = House::default().with("crates/a/src/b.rs", text);
        check(&house).iter().map(|finding| (finding.rule, finding.line, finding.weight)).collect()
    }

    #[test]
    fn long_files_are_noted_and_very_long_ones_fail() {
        assert_eq!(found(&"\n".repeat(400)), []);
        assert_eq!(found(&"\n".repeat(401)), [("file-length", 0, Weight::Note)]);
        assert_eq!(found(&"\n".repeat(501)), [("file-length", 0, Weight::Error)]);
    }

    #[test]
    fn long_functions_are_noted_and_very_long_ones_fail() {
        let function =
            |lines: usize| format!("\nfn short() {{ \"}}\" }}\npub fn f<T>() {{\n{}}}\n", "a();\n".repeat(lines));
        assert_eq!(found(&function(58)), []);
        assert_eq!(found(&function(59)), [("function-length", 3, Weight::Note)]);
        assert_eq!(found(&function(99)), [("function-length", 3, Weight::Error)]);
    }

    #[test]
    fn a_heavy_file_is_found() {
        let mut house = House::default().with("crates/a/tests/data/big.json", "");
        house.files.iter_mut().for_each(|file| file.bytes = FILE_BYTES_MAX + 1);
        assert_eq!(check(&house).len(), 1);
    }
}
