use identity::{CustomRole, HeldRole, RoleDraft};
use model::RefusalKind::{Conflict, Invalid};

use super::{Office, hire, kind};

fn draft(permissions: &[&str]) -> RoleDraft {
    RoleDraft {
        title: "Reads accounts".into(),
        words: "For the weekend.".into(),
        template: "auditor".into(),
        permissions: permissions.iter().map(|name| (*name).to_owned()).collect(),
        purposes: Vec::new(),
    }
}

#[tokio::test]
async fn a_role_of_ones_own_takes_effect_on_the_next_request_and_so_does_a_change_of_it() {
    let office = Office::new().await;
    let (identity, admin) = (&office.house.identity, office.admin(office.ada));
    let dan = hire(&office.house, office.tenant, "dan", &[]).await;
    let id = identity.create_role(&admin, draft(&["account.read"])).await.unwrap();
    let name = CustomRole::held_as(id);
    identity.give_role(&admin, dan, HeldRole::always(&name)).await.unwrap();
    let session = office.session("dan").await;
    assert_eq!(office.status(&session, "/people").await, 200);
    assert_eq!(office.status(&session, "/roles").await, 404);
    let (_, version) = identity.role(&admin, id).await.unwrap();
    identity.change_role(&admin, id, version, draft(&["role.read"])).await.unwrap();
    assert_eq!(office.status(&session, "/people").await, 404);
    assert_eq!(office.status(&session, "/roles").await, 200);
    assert_eq!(kind(identity.retire_role(&admin, id).await), Conflict, "somebody holds it");
    identity.take_role(&admin, dan, &name, None).await.unwrap();
    identity.retire_role(&admin, id).await.unwrap();
}

#[tokio::test]
async fn a_role_of_ones_own_for_one_purpose_refuses_every_other() {
    let office = Office::new().await;
    let (identity, admin) = (&office.house.identity, office.admin(office.ada));
    let dan = hire(&office.house, office.tenant, "dan", &[]).await;
    let only_trials = RoleDraft { purposes: vec!["trial-design".into()], ..draft(&["account.read"]) };
    let id = identity.create_role(&admin, only_trials).await.unwrap();
    identity.give_role(&admin, dan, HeldRole::always(CustomRole::held_as(id))).await.unwrap();
    let session = office.session("dan").await;
    assert_eq!(office.status(&session, "/people").await, 404, "that page is for administration");
}

#[tokio::test]
async fn nobody_puts_into_a_role_what_neither_they_nor_its_template_may_do() {
    let office = Office::new().await;
    let (identity, admin) = (&office.house.identity, office.with(office.ada, &["administrator"]));
    for name in
        ["session.keep", "visit.keep", "support.request", "support.ask", "subject.erase", "no.such", "account.read "]
    {
        assert_eq!(kind(identity.create_role(&admin, draft(&[name])).await), Invalid, "{name}");
    }
    for (template, title) in [("duty.door", "x"), ("house.operator", "x"), ("", "x"), ("auditor", "")] {
        let wrong = RoleDraft { template: template.into(), title: title.into(), ..draft(&[]) };
        assert_eq!(kind(identity.create_role(&admin, wrong).await), Invalid, "{template}");
    }
    let odd = RoleDraft { purposes: vec!["fun".into()], ..draft(&[]) };
    assert_eq!(kind(identity.create_role(&admin, odd).await), Invalid);
}
