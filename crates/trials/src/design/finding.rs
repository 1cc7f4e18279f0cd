//! What was found: defects of the protocol and of what was built, and repairs that a person may accept.

use std::collections::BTreeMap;

use serde::Serialize;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing has to be done.
    Note,
    /// Should be looked at; the artefacts are complete without it.
    Warning,
    /// A rule of the cited source is broken.
    Error,
    /// The study must not be released before this is settled. Previews are still built.
    Blocker,
}

/// One defect, with the place where it is and the rule that it breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Name of the rule: a letter of the checklist and a number, such as `U3.2`.
    pub rule: String,
    /// How much it matters.
    pub severity: Severity,
    /// JSON pointer into the protocol, or the name of an artefact and a place in it.
    pub path: String,
    /// What is wrong and what to do, for a person.
    pub words: String,
    /// The standard or publication that the rule comes from.
    pub source: String,
}

/// A repair that the build applied provisionally and that a person accepts or rejects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// JSON pointer into the protocol.
    pub path: String,
    /// The value as it stands.
    pub before: String,
    /// The value that the build used.
    pub after: String,
    /// Why.
    pub reason: String,
}

/// Findings of one rule beyond this many are counted and not listed.
const LISTED_PER_RULE_MAX: usize = 100;

/// Collects findings and proposals while a study is built.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    findings: Vec<Finding>,
    proposals: Vec<Proposal>,
    per_rule: BTreeMap<String, usize>,
    blockers: usize,
}

impl Notes {
    pub(crate) fn find(&mut self, rule: Rule, severity: Severity, path: impl Into<String>, words: impl Into<String>) {
        let count = self.per_rule.entry(rule.0.to_owned()).or_default();
        *count += 1;
        self.blockers += usize::from(severity == Severity::Blocker);
        if *count <= LISTED_PER_RULE_MAX {
            let (rule, source) = (rule.0.to_owned(), rule.1.to_owned());
            self.findings.push(Finding { rule, severity, path: path.into(), words: words.into(), source });
        }
    }

    pub(crate) fn propose(&mut self, path: impl Into<String>, before: &str, after: &str, reason: &str) {
        if self.proposals.len() < 20 * LISTED_PER_RULE_MAX {
            self.proposals.push(Proposal {
                path: path.into(),
                before: super::words::cut(before, 300).0.to_owned(),
                after: after.to_owned(),
                reason: reason.to_owned(),
            });
        }
    }

    /// Findings in order of severity (heaviest first), rule and appearance; proposals in order of appearance.
    pub(crate) fn settle(mut self) -> (Vec<Finding>, Vec<Proposal>, usize) {
        for (rule, count) in &self.per_rule {
            if *count > LISTED_PER_RULE_MAX {
                let source = self.findings.iter().find(|finding| finding.rule == *rule).map(|f| f.source.clone());
                self.findings.push(Finding {
                    rule: rule.clone(),
                    severity: Severity::Note,
                    path: String::new(),
                    words: format!("{} more findings of this rule are not listed.", count - LISTED_PER_RULE_MAX),
                    source: source.unwrap_or_default(),
                });
            }
        }
        self.findings.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.rule.cmp(&b.rule)));
        (self.findings, self.proposals, self.blockers)
    }
}

/// A rule of the checklist: its name and its source.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule(pub(crate) &'static str, pub(crate) &'static str);

pub(crate) const U1_JSON: Rule = Rule("U1.1", "USDM 4.0: the study is JSON");
pub(crate) const U1_SHAPE: Rule = Rule("U1.2", "USDM 4.0 API schema");
pub(crate) const U1_VERSION: Rule = Rule("U1.3", "USDM 4.0: usdmVersion");
pub(crate) const U3_REFERENCE: Rule = Rule("U3.1", "USDM 4.0: every reference resolves");
pub(crate) const U3_UNIQUE: Rule = Rule("U3.2", "USDM 4.0: ids are unique");
pub(crate) const U3_CHAIN: Rule = Rule("U3.3", "USDM 4.0: previous and next form one chain");
pub(crate) const U3_MAIN: Rule = Rule("U3.4", "USDM 4.0: one main timeline");
pub(crate) const U3_EXIT: Rule = Rule("U3.5", "USDM 4.0: a timeline reaches an exit");
pub(crate) const U3_ANCHOR: Rule = Rule("U3.6", "USDM 4.0: a timeline has a fixed reference");
pub(crate) const U3_WINDOW: Rule = Rule("U3.7", "DDF00006: windows are given whole or not at all");
pub(crate) const U3_CYCLE: Rule = Rule("U3.8", "USDM 4.0: timings do not run in a circle");
pub(crate) const U3_TIMING: Rule = Rule("U3.9", "USDM 4.0: a timing is an ISO 8601 duration");
pub(crate) const U3_ORDER: Rule = Rule("U3.10", "Visits follow each other in time");
pub(crate) const U3_LOOP: Rule = Rule("U3.12", "USDM 4.0: decisions and cycles");
pub(crate) const U4_CELL: Rule = Rule("U4.1", "USDM 4.0: one cell for each arm and epoch");
pub(crate) const U5_TERM: Rule = Rule("U5.1", "CDISC DDF terminology 2024-09-27");
pub(crate) const U6_WHOLE: Rule = Rule("U6.1", "Complete enough to build from");
pub(crate) const U6_ACTIVITY: Rule = Rule("U6.2", "Every activity is resolved, proposed or without data");
pub(crate) const U6_CONDITION: Rule = Rule("U6.3", "USDM 4.0: conditions");
pub(crate) const AI1: Rule = Rule("AI1", "No release with drafts of a model that nobody reviewed");
pub(crate) const AI2: Rule = Rule("AI2", "Regulation (EU) 2024/1689, Article 50: what a model drafted says so");
pub(crate) const T1: Rule = Rule("T1", "SDTMIG 3.4 trial design datasets");
pub(crate) const T2_CODE: Rule = Rule("T2", "SDTMIG 3.4: ETCD has 8 characters at most, ARMCD 20");
pub(crate) const T3_END: Rule = Rule("T3", "CG0328, CG0329: TEENRL or TEDUR");
pub(crate) const T4_CRITERION: Rule = Rule("T4", "SDTMIG 3.4: IETEST has 200 characters at most");
pub(crate) const T5_SUMMARY: Rule = Rule("T5", "SDTMIG 3.4 TS; ISO 21090 null flavours");
pub(crate) const T6_TERM: Rule = Rule("T6", "CDISC SDTM terminology 2025-03-28");
