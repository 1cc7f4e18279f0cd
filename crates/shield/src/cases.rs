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
    pub method: String,
    /// The request target as sent.
    pub uri: String,
    /// The protocol as sent.
    #[serde(default = "http_1_1")]
    pub version: String,
    /// Header names and values in order.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// The body in base64.
    #[serde(default)]
    pub body_base64: String,
    /// Rules that must match.
    #[serde(default)]
    pub expect_ids: Vec<u32>,
    /// Rules that must not match.
    #[serde(default)]
    pub forbid_ids: Vec<u32>,
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
        let body = base64::engine::general_purpose::STANDARD
            .decode(&self.body_base64)
            .map_err(|_| CaseError::Body { test: self.test.clone() })?;
        let headers: Vec<(&[u8], &[u8])> =
            self.headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
        let mut request = Request::new(self.method.as_bytes(), self.uri.as_bytes());
        request.version = self.version.as_bytes();
        request.headers = &headers;
        request.body = &body;
        Ok(with(&request))
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
