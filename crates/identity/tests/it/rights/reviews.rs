use access::Ctx;
use identity::{ReviewOrder, ReviewVerdict};
use model::RefusalKind::{Conflict, Invalid, NotAllowed};

use super::{Office, hire, kind};

fn order(office: &Office) -> ReviewOrder {
    let due = office.house.now().plus_seconds(86_400);
    ReviewOrder { title: "Spring".into(), reviewer: office.ben, role: None, due }
}

#[tokio::test]
async fn what_a_review_takes_away_is_gone_and_each_decision_tells_how_long_it_took() {
    let office = Office::new().await;
    let identity = &office.house.identity;
    let session = office.session("cleo").await;
    assert_eq!(office.status(&session, "/people").await, 200);
    let id = identity.open_review(&office.admin(office.ada), order(&office)).await.unwrap();
    let (review, _) = identity.review(&office.admin(office.ben), id).await.unwrap();
    assert!(review.items.iter().all(|item| item.account != office.ben), "nobody reviews themselves");
    let number = review.items.iter().position(|item| item.account == office.cleo).unwrap();
    assert!(review.items[number].unused.contains(&"key.read".to_owned()));
    assert!(!review.items[number].unused.contains(&"account.read".to_owned()), "she has used that");
    let ben = office.admin(office.ben);
    let removal = identity.decide_holding(&ben, id, number, ReviewVerdict::Remove).await;
    assert_eq!(kind(removal), Conflict, "not before it began");
    identity.begin_review(&ben, id).await.unwrap();
    let later = Ctx { now: ben.now.plus_seconds(37), ..ben.clone() };
    identity.decide_holding(&later, id, number, ReviewVerdict::Remove).await.unwrap();
    assert_eq!(office.status(&session, "/people").await, 404);
    let (review, _) = identity.review(&ben, id).await.unwrap();
    assert_eq!(review.items[number].decision.as_ref().unwrap().seconds, 37);
    assert_eq!(identity.is_enforced(&ben, &review.items[number]).await.unwrap(), Some(true));
    assert_eq!(kind(identity.decide_holding(&later, id, number, ReviewVerdict::Keep).await), Conflict);
}

#[tokio::test]
async fn what_was_given_back_behind_a_reviews_back_is_seen() {
    let office = Office::new().await;
    let identity = &office.house.identity;
    let id = identity.open_review(&office.admin(office.ada), order(&office)).await.unwrap();
    let ben = office.admin(office.ben);
    identity.begin_review(&ben, id).await.unwrap();
    let (review, _) = identity.review(&ben, id).await.unwrap();
    let number = review.items.iter().position(|item| item.account == office.cleo).unwrap();
    identity.decide_holding(&ben, id, number, ReviewVerdict::Remove).await.unwrap();
    let again = identity::HeldRole::always("auditor");
    identity.give_role(&office.admin(office.ada), office.cleo, again).await.unwrap();
    let (review, _) = identity.review(&ben, id).await.unwrap();
    assert_eq!(identity.is_enforced(&ben, &review.items[number]).await.unwrap(), Some(false));
}

#[tokio::test]
async fn only_the_reviewer_decides_and_an_empty_review_is_none() {
    let office = Office::new().await;
    let identity = &office.house.identity;
    let id = identity.open_review(&office.admin(office.ada), order(&office)).await.unwrap();
    assert_eq!(kind(identity.begin_review(&office.admin(office.ada), id).await), NotAllowed);
    let empty = ReviewOrder { role: Some("prover".into()), ..order(&office) };
    assert_eq!(kind(identity.open_review(&office.admin(office.ada), empty).await), Invalid);
    let cleo = office.with(office.cleo, &["auditor"]);
    assert_eq!(kind(identity.open_review(&cleo, order(&office)).await), NotAllowed);
}

#[tokio::test]
async fn roles_of_people_whose_access_is_over_are_found() {
    let office = Office::new().await;
    let identity = &office.house.identity;
    let dan = hire(&office.house, office.tenant, "dan", &["auditor"]).await;
    let admin = office.admin(office.ada);
    assert!(identity.left_over(&admin).await.unwrap().is_empty());
    let until = Some(admin.now.plus_seconds(1));
    identity.set_membership(&admin, dan, access::Window { from: None, until }).await.unwrap();
    let later = Ctx { now: admin.now.plus_seconds(1), ..admin };
    let found = identity.left_over(&later).await.unwrap();
    assert_eq!(found.iter().map(|(id, ..)| *id).collect::<Vec<_>>(), vec![dan]);
}
