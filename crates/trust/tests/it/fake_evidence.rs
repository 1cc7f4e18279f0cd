//! What the made-up house counts and writes down.

use crate::fake::{Asked, Broken, Fake, Inner, header, json_reply, page, status};
use ledger::{Checkpoint, Frontier, leaf_hash};
use model::Outside;
use serde_json::json;
use trust::house::Reply;

impl Fake {
    pub fn figures(&self, inner: &Inner, asked: &Asked<'_>) -> Reply {
        if header(asked.call, "authorization").as_deref() != Some("Bearer figures") {
            return status(401);
        }
        let accounts = inner.tenants.len() as u64;
        let less = |broken| u64::from(self.broken == broken);
        let whole = inner.sessions.values().filter(|session| session.whole).count();
        json_reply(&json!({
            "accounts": accounts,
            "accounts_with_second_factor": accounts - less(Broken::AnAccountHasNoFactor),
            "sessions": inner.sessions.len(),
            "sessions_with_second_factor": whole,
            "sessions_overdue": 0,
            "verifiers": accounts,
            "verifiers_at_policy": accounts - less(Broken::AWeakVerifier),
            "distinct_salts": accounts - less(Broken::SharedSalt),
            "developers": 1,
            "developers_with_rights": less(Broken::ADeveloperHoldsMore),
            "organisations": 2,
            "emergencies": 2,
            "emergencies_long": 0,
            "emergencies_overdue": less(Broken::NobodyLooksAtEmergencies),
            "two_people_done": 3,
            "two_people_done_by_one": less(Broken::OneDoesWhatTakesTwo),
        }))
    }

    pub fn audit(&self, inner: &mut Inner, asked: &Asked<'_>) -> Reply {
        let Some(number) = self.by_key(inner, asked) else { return status(401) };
        let tenant = &inner.tenants[number];
        let log = &tenant.log;
        match asked.path {
            "/audit/vkey" => page(&tenant.key.verifying_key().to_text()),
            "/audit/checkpoint" => {
                let mut frontier = Frontier::new();
                // A house that rewrites its log signs what it says now.
                log.iter().for_each(|entry| frontier.append(leaf_hash(entry.as_bytes())));
                let head = Checkpoint::new(&format!("fake/{}", tenant.name), frontier.size(), frontier.root());
                page(&head.signed(&tenant.key).unwrap())
            }
            _ => {
                let number =
                    |name: &str| asked.query.get(name).and_then(|text| text.parse::<usize>().ok()).unwrap_or(0);
                let (from, limit) = (number("from"), number("limit"));
                let page: Vec<&String> = log.iter().skip(from).take(limit).collect();
                json_reply(&json!({ "len": log.len(), "entries": page }))
            }
        }
    }

    /// Appends evidence.
    pub fn record(&self, inner: &mut Inner, tenant: usize, request: &str, action: &str, outcome: &str) {
        let skipped = match self.broken {
            Broken::ForgetsToRecordReads => action == "read" && outcome == "done",
            Broken::DoesNotRecordRefusals => outcome != "done",
            _ => false,
        };
        let times = if self.broken == Broken::RecordsWritesTwice && action == "revise" { 2 } else { 1 };
        let purpose = if self.broken == Broken::LeavesFieldsOut { "" } else { "care" };
        for _ in 0..if skipped { 0 } else { times } {
            let log = &mut inner.tenants[tenant].log;
            log.push(format!(
                r#"{{"index":{},"time":"{}","actor":"key:{tenant}","action":"{action}","kind":"patient","purpose":"{purpose}","decision":"granted","request":"{request}","outcome":"{outcome}"}}"#,
                log.len(),
                self.clock.now(),
            ));
        }
    }
}
