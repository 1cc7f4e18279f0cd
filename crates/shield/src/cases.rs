//! Regression cases: requests with the rules that must and must not match.

use crate::inspector::Inspector;
use crate::request::Request;
use crate::settings::{Mode, Settings};
use crate::verdict::{Decision, Ground, Verdict};
use base64::Engine;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One case as a case file states it.
#[derive(Clone, Debug, Deserialize)]
pub struct Case {
    /// The rule it is about.
    #[serde(default)]
    pub rule: u32,
    /// The name of the case.
    pub test: String,
    /// The method as sent.
    #[serde(default = "get")]
    pub method: String,
    /// The request target as sent.
    #[serde(default = "root")]
    pub uri: String,
    /// The same in base64, for targets that are not text; it comes first.
    #[serde(default)]
    pub uri_base64: String,
    /// The protocol as sent.
    #[serde(default = "http_1_1")]
    pub version: String,
    /// Header names and values in order: pairs, or names with one value or several.
    #[serde(default)]
    pub headers: Headers,
    /// The body as text; `body_base64` comes first.
    #[serde(default)]
    pub data: String,
    /// The body in base64.
    #[serde(default)]
    pub body_base64: String,
    /// The whole request in base64 as it went over the wire, in place of all the above.
    #[serde(default)]
    pub encoded_request: String,
    /// Rules that must match.
    #[serde(default)]
    pub expect_ids: Vec<u32>,
    /// Rules that must not match.
    #[serde(default, alias = "no_expect_ids")]
    pub forbid_ids: Vec<u32>,
}

/// Headers as a case file may write them.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Headers {
    /// In order, a name as often as it was sent.
    Pairs(Vec<(String, String)>),
    /// By name.
    Named(BTreeMap<String, Values>),
}

/// One value of a header, or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Values {
    /// One.
    One(String),
    /// Several, each a line of its own.
    Several(Vec<String>),
}

impl Default for Headers {
    fn default() -> Self {
        Self::Pairs(Vec::new())
    }
}

impl Headers {
    fn lines(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let line = |name: &str, value: &str| (name.as_bytes().to_vec(), value.as_bytes().to_vec());
        match self {
            Self::Pairs(pairs) => pairs.iter().map(|(name, value)| line(name, value)).collect(),
            Self::Named(named) => named
                .iter()
                .flat_map(|(name, values)| match values {
                    Values::One(value) => vec![line(name, value)],
                    Values::Several(values) => values.iter().map(|value| line(name, value)).collect(),
                })
                .collect(),
        }
    }
}

fn get() -> String {
    "GET".to_owned()
}

fn root() -> String {
    "/".to_owned()
}

fn http_1_1() -> String {
    "HTTP/1.1".to_owned()
}

/// Why a case file could not be run.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// The file is not a list of cases.
    #[error("the case file is not a list of cases: {0}")]
    Json(#[from] serde_json::Error),
    /// A body is not base64.
    #[error("case {test}: the body is not base64")]
    Body {
        /// The name of the case.
        test: String,
    },
}

/// Reads a case file.
pub fn parse(json: &[u8]) -> Result<Vec<Case>, CaseError> {
    Ok(serde_json::from_slice(json)?)
}

impl Case {
    /// Hands the request of the case to `with`.
    pub fn request<T>(&self, with: impl FnOnce(&Request<'_>) -> T) -> Result<T, CaseError> {
        let parts = if self.encoded_request.is_empty() {
            Parts {
                method: self.method.as_bytes().to_vec(),
                uri: match self.uri_base64.is_empty() {
                    true => self.uri.as_bytes().to_vec(),
                    false => self.plain(&self.uri_base64)?,
                },
                version: self.version.as_bytes().to_vec(),
                headers: self.headers.lines(),
                body: match self.body_base64.is_empty() {
                    true => self.data.as_bytes().to_vec(),
                    false => self.plain(&self.body_base64)?,
                },
            }
        } else {
            Parts::of(&self.plain(&self.encoded_request)?)
        };
        let headers: Vec<(&[u8], &[u8])> =
            parts.headers.iter().map(|(name, value)| (name.as_slice(), value.as_slice())).collect();
        let mut request = Request::new(&parts.method, &parts.uri);
        request.version = &parts.version;
        request.headers = &headers;
        request.body = &parts.body;
        Ok(with(&request))
    }

    fn plain(&self, text: &str) -> Result<Vec<u8>, CaseError> {
        let plain = base64::engine::general_purpose::STANDARD.decode(text.trim());
        plain.map_err(|_| CaseError::Body { test: self.test.clone() })
    }
}

/// A request in parts.
struct Parts {
    method: Vec<u8>,
    uri: Vec<u8>,
    version: Vec<u8>,
    headers: Vec<(Vec<u8>, Vec<u8>)>,
    body: Vec<u8>,
}

impl Parts {
    /// Takes a request apart as it went over the wire: a line, headers, an empty line, the body. Nothing is repaired.
    fn of(wire: &[u8]) -> Self {
        let (mut rest, mut lines) = (wire, Vec::new());
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let (line, after) = rest.split_at(end);
            rest = after.get(1..).unwrap_or_default();
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() && !lines.is_empty() {
                break;
            }
            lines.push(line);
        }
        let mut words = lines.first().copied().unwrap_or(wire).splitn(2, |byte| *byte == b' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let (uri, version) = match target.iter().rposition(|byte| *byte == b' ') {
            Some(space) => (target.get(..space).unwrap_or_default(), target.get(space + 1..).unwrap_or_default()),
            None => (target, b"HTTP/0.9".as_slice()),
        };
        let header = |line: &&[u8]| {
            let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
            let (name, value) = line.split_at(colon);
            (name.to_vec(), value.get(1..).unwrap_or_default().trim_ascii().to_vec())
        };
        Self {
            method: method.to_vec(),
            uri: uri.to_vec(),
            version: version.to_vec(),
            headers: lines.iter().skip(1).map(header).collect(),
            body: rest.to_vec(),
        }
    }
}

/// The settings under which the cases of the Core Rule Set are meant: nothing blocks, every level runs, and the
/// optional checks that a site has to set a number for are on.
pub fn regression_settings() -> Settings {
    let numbers = [
        ("crs_validate_utf8_encoding", "1"),
        ("arg_name_length", "100"),
        ("arg_length", "400"),
        ("total_arg_length", "64000"),
        ("max_num_args", "255"),
        ("max_file_size", "64100"),
        ("combined_file_sizes", "65535"),
    ];
    let variables = numbers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Settings { mode: Mode::Observe, paranoia: 4, variables, ..Settings::default() }
}

/// A case that did not come out as it should.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    /// The name of the case.
    pub test: String,
    /// Rules that must match.
    pub expected: Vec<u32>,
    /// Rules that must not match.
    pub forbidden: Vec<u32>,
    /// Rules that matched.
    pub got: Vec<u32>,
}

/// How many cases passed, in all and for each rule file.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Cases that came out as they should.
    pub passed: usize,
    /// All cases.
    pub total: usize,
    /// The others.
    pub failed: Vec<Failure>,
    /// Passed and total by rule file.
    #[serde(skip)]
    pub files: BTreeMap<String, (usize, usize)>,
}

/// Runs all cases.
pub fn test(inspector: &Inspector, cases: &[Case]) -> Result<Report, CaseError> {
    let mut report = Report::default();
    for case in cases {
        let got = case.request(|request| inspector.inspect(request))?.ids();
        let passes =
            case.expect_ids.iter().all(|id| got.contains(id)) && !case.forbid_ids.iter().any(|id| got.contains(id));
        let file =
            inspector.file_of(case.rule).map_or("(no such rule)", |file| file.rsplit('/').next().unwrap_or(file));
        let (passed, total) = report.files.entry(file.to_owned()).or_default();
        *total += 1;
        *passed += usize::from(passes);
        report.total += 1;
        report.passed += usize::from(passes);
        if !passes {
            let (expected, forbidden) = (case.expect_ids.clone(), case.forbid_ids.clone());
            report.failed.push(Failure { test: case.test.clone(), expected, forbidden, got });
        }
    }
    Ok(report)
}

/// What the configured mode would do with one request.
#[derive(Clone, Debug, Serialize)]
pub struct Decided {
    /// The name of the case.
    pub test: String,
    /// Whether it would be blocked.
    pub block: bool,
    /// The anomaly score.
    pub score: i64,
    /// Rules that matched.
    pub ids: Vec<u32>,
    /// The limit that it went beyond, if that is why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
}

/// Decides all requests.
pub fn decide(inspector: &Inspector, cases: &[Case]) -> Result<Vec<Decided>, CaseError> {
    cases.iter().map(|case| Ok(decided(&case.test, &case.request(|request| inspector.inspect(request))?))).collect()
}

fn decided(test: &str, verdict: &Verdict) -> Decided {
    let limit = match verdict.decision {
        Decision::Block(Ground::Limit(limit)) | Decision::WouldBlock(Ground::Limit(limit)) => {
            Some(format!("{limit:?}"))
        }
        _ => None,
    };
    Decided { test: test.to_owned(), block: verdict.blocks(), score: verdict.score, ids: verdict.ids(), limit }
}

/// The names of the cases for which two inspectors say different things.
pub fn differences(one: &Inspector, other: &Inspector, cases: &[Case]) -> Result<Vec<String>, CaseError> {
    let mut names = Vec::new();
    for case in cases {
        let (left, right) = case.request(|request| (one.inspect(request), other.inspect(request)))?;
        if left.ids() != right.ids() || left.score != right.score || left.decision != right.decision {
            names.push(case.test.clone());
        }
    }
    Ok(names)
}
