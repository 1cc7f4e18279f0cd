use model::{Kind, No, RecordId, RefusalKind};
use vault::Query;
use watch::{Attempt, Content, Exclusion, Narrow, Pair, Verdict, rules::week::Week};

use super::desk::{Desk, SUNDAY, desk};

const ATTACK: &str = "/notes/7?text=1%27%20union%20select%20password%20from%20users--";

impl Desk {
    async fn attempts(&self, tenant: model::TenantId) -> Vec<(RecordId, Attempt)> {
        let query = Query { limit: 50, ..Query::all(Attempt::DECL) };
        let found = self.rehearsal.vault.search(&self.analyst(tenant), &query).await.unwrap();
        found.page.iter().map(|opened| (opened.id, opened.record().unwrap())).collect()
    }
}

#[tokio::test]
async fn an_attempt_leaves_one_record_with_its_rules_where_it_belongs() {
    let desk = desk().await;
    assert!(desk.send(ATTACK, None).await);
    assert!(desk.send(ATTACK, Some(&desk.analyst(desk.practice))).await);
    for tenant in [desk.house, desk.practice] {
        let attempts = desk.attempts(tenant).await;
        let [(_, attempt)] = attempts.as_slice() else { panic!("{} records", attempts.len()) };
        assert_eq!((attempt.verdict, attempt.count, attempt.route.as_str()), (Verdict::Blocked, 1, "/notes/{id}"));
        assert!(!attempt.rules.is_empty() && attempt.score >= 5 && attempt.source == "203.0.113.7");
        assert_eq!(attempt.who.is_some(), tenant == desk.practice);
        assert_eq!(desk.evidence(tenant, "create", "watch.attempt").await, 1);
    }
}

#[tokio::test]
async fn a_flood_costs_a_bounded_number_of_records_and_is_counted_to_the_last() {
    let desk = desk().await;
    for _ in 0..200 {
        assert!(desk.send(ATTACK, None).await);
    }
    desk.pass(60);
    desk.watch.flush(false).await.unwrap();
    let attempts = desk.attempts(desk.house).await;
    assert_eq!(attempts.len(), 31);
    assert_eq!(attempts.iter().map(|(_, attempt)| attempt.count).sum::<u64>(), 200);
    assert!(attempts.iter().any(|(_, attempt)| attempt.count == 170 && attempt.request.is_none()));
}

#[tokio::test]
async fn credentials_are_kept_nowhere_and_content_needs_its_own_permission() {
    let desk = desk().await;
    assert!(desk.send("/notes/7?token=the-token-secret&text=%3Cscript%3Ealert(1)%3C/script%3E", None).await);
    let (id, _) = desk.attempts(desk.house).await.remove(0);
    let reader = desk.somebody(desk.house, "attack-reader");
    let refused = desk.rehearsal.vault.read_as::<Content>(&reader, id).await;
    assert!(matches!(refused, Err(No::Refusal(refusal)) if refusal.kind == RefusalKind::NotFound));
    let (content, _) = desk.rehearsal.vault.read_as::<Content>(&desk.analyst(desk.house), id).await.unwrap();
    let text = serde_json::to_string(&content).unwrap();
    assert!(text.contains("script") && !text.contains("the-token-secret") && !text.contains("the-session-secret"));
    assert_eq!(desk.evidence(desk.house, "read", "watch.content").await, 2, "the refused look and the granted one");
    for bytes in desk.rehearsal.bytes(desk.house).await.unwrap() {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("alert(1)") && !text.contains("203.0.113.7"), "sealed, and searched by digests only");
    }
}

async fn exclude(desk: &Desk, rule: Option<u32>) -> Result<RecordId, No> {
    let (id, attempt) = desk.attempts(desk.practice).await.remove(0);
    let noted = &attempt.noted[0];
    let pair = Pair { rule: rule.unwrap_or(noted.rule), place: noted.places[0].clone() };
    let narrow = Narrow { attempt: id, pair, reason: "People write this here.".to_owned() };
    desk.watch.exclude(&desk.analyst(desk.practice), &narrow).await
}

#[tokio::test]
async fn an_exclusion_is_narrow_in_force_at_once_for_its_organisation_alone_and_revocable() {
    let desk = desk().await;
    let analyst = desk.analyst(desk.practice);
    assert!(desk.send(ATTACK, Some(&analyst)).await);
    let rules = desk.attempts(desk.practice).await[0].1.rules.clone();
    let mut made = Vec::new();
    for rule in &rules {
        made.push(exclude(&desk, Some(*rule)).await.unwrap());
    }
    assert!(!desk.send(ATTACK, Some(&analyst)).await, "the organisation let it pass");
    assert!(desk.send(ATTACK, None).await, "a stranger did not");
    assert!(desk.send(&ATTACK.replace("text=", "other="), Some(&analyst)).await, "nor in another field");
    assert!(desk.send("/notes/7?text=%3Cscript%3Ealert(1)%3C/script%3E", Some(&analyst)).await, "nor another attack");
    assert!(exclude(&desk, Some(1)).await.is_err(), "only a rule that matched");
    desk.watch.revoke(&analyst, made[0]).await.unwrap();
    assert!(desk.send(ATTACK, Some(&analyst)).await);
    let (revoked, _) = desk.rehearsal.vault.read_as::<Exclusion>(&analyst, made[0]).await.unwrap();
    assert!(!revoked.is_in_force() && revoked.revoked_by.is_some());
    assert!(desk.watch.revoke(&analyst, made[0]).await.is_err(), "once");
}

#[tokio::test]
async fn an_exclusion_on_record_holds_after_a_restart_and_needs_its_permission() {
    let desk = desk().await;
    let analyst = desk.analyst(desk.practice);
    assert!(desk.send(ATTACK, Some(&analyst)).await);
    let (id, attempt) = desk.attempts(desk.practice).await.remove(0);
    let pair = Pair { rule: attempt.rules[0], place: attempt.noted[0].places[0].clone() };
    let narrow = Narrow { attempt: id, pair, reason: "People write this here.".to_owned() };
    let reader = desk.somebody(desk.practice, "attack-reader");
    assert!(desk.watch.exclude(&reader, &narrow).await.is_err());
    for rule in attempt.rules {
        exclude(&desk, Some(rule)).await.unwrap();
    }
    let rules = shield::Inspector::built_in(shield::Settings::default()).unwrap();
    let again = watch::Watch::new(desk.rehearsal.vault.clone(), desk.house, rules);
    let restarted = Desk { watch: again.into(), ..desk };
    assert!(restarted.send(ATTACK, Some(&analyst)).await);
    restarted.watch.reload().await.unwrap();
    assert!(!restarted.send(ATTACK, Some(&analyst)).await);
}

#[tokio::test]
async fn a_week_is_signed_off_once_and_only_when_it_is_over() {
    let desk = desk().await;
    for _ in 0..40 {
        desk.send(ATTACK, None).await;
    }
    let week = Week::of(model::Time::from_seconds(SUNDAY));
    let sign = async |desk: &Desk| {
        desk.watch.sign(&desk.analyst(desk.house), week, "Sam".to_owned(), "One scanner.".to_owned()).await
    };
    assert!(sign(&desk).await.is_err(), "it is not over");
    desk.pass(86_400);
    sign(&desk).await.unwrap();
    assert!(sign(&desk).await.is_err(), "once");
    let query = Query::all(watch::Digest::DECL);
    let found = desk.rehearsal.vault.search(&desk.analyst(desk.house), &query).await.unwrap();
    let digest: watch::Digest = found.page[0].record().unwrap();
    assert_eq!((digest.week.as_str(), digest.blocked, digest.sources), ("2026-W47", 40, 1));
}

#[tokio::test]
async fn what_was_kept_for_as_long_as_promised_is_deleted_content_first() {
    let desk = desk().await;
    assert!(desk.send(ATTACK, None).await);
    let (id, _) = desk.attempts(desk.house).await.remove(0);
    let sweep = async |desk: &Desk| {
        let request = desk.analyst(desk.house).request;
        desk.watch.sweep(desk.house, request, model::Outside::now(desk.clock.as_ref())).await.unwrap()
    };
    assert_eq!(sweep(&desk).await, 0);
    desk.pass(31 * 86_400);
    assert_eq!(sweep(&desk).await, 1);
    assert!(desk.rehearsal.vault.read_as::<Content>(&desk.analyst(desk.house), id).await.is_err());
    assert!(!desk.attempts(desk.house).await[0].1.has_content());
    desk.pass(400 * 86_400);
    assert_eq!(sweep(&desk).await, 1);
    assert!(desk.attempts(desk.house).await.is_empty());
}
