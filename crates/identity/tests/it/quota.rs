//! Monthly tokens: set aside, counted, stopped, and begun anew.

use std::sync::Arc;

use access::{Actor, Assurance, Ctx, Meter, Scope, Window};
use identity::QuotaRule;
use model::{ActorId, Purpose, RefusalKind};

use crate::house::{House, REQUEST, Somebody, refused};

fn ctx(house: &House, who: &Somebody) -> Ctx {
    let registry = house.identity.vault().registry();
    Ctx {
        tenant: who.tenant,
        actor: Actor::Person(ActorId::from_uuid(who.id.uuid())),
        grants: registry.grants([("administrator", Window::ALWAYS, Scope::Tenant)]),
        assurance: Assurance::TwoFactors,
        purpose: Purpose::Administration,
        session: None,
        request: REQUEST,
        now: house.now(),
    }
}

async fn house_with(tokens: u64, zone: &str) -> (House, Somebody) {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let rule = QuotaRule { tokens, zone: zone.into() };
    house.identity.set_quota_rule(&ctx(&house, &ada), &rule).await.unwrap();
    (house, ada)
}

#[tokio::test]
async fn what_is_reserved_is_not_given_twice_and_what_is_not_used_comes_back() {
    let (house, ada) = house_with(100, "UTC").await;
    let ctx = ctx(&house, &ada);
    let meter: &dyn Meter = house.identity.as_ref();
    let first = meter.reserve(&ctx, 70).await.unwrap();
    let refusal = refused(meter.reserve(&ctx, 31).await);
    assert_eq!(refusal.kind, RefusalKind::TooManyRequests);
    assert!(refusal.words.contains("30 left"), "{refusal}");
    let second = meter.reserve(&ctx, 30).await.unwrap();
    meter.commit(&ctx, first, 40).await.unwrap();
    meter.release(&ctx, second).await.unwrap();
    let standing = house.identity.quota_of(&ctx, ada.id).await.unwrap();
    assert_eq!((standing.spent, standing.reserved, standing.left()), (40, 0, 60));
}

#[tokio::test]
async fn a_month_that_is_used_up_stops_until_the_next_one_begins_where_the_organisation_is() {
    // The tests begin on 18 November 2026.
    let (house, ada) = house_with(10, "Pacific/Kiritimati").await;
    let meter: &dyn Meter = house.identity.as_ref();
    let reserved = meter.reserve(&ctx(&house, &ada), 10).await.unwrap();
    meter.commit(&ctx(&house, &ada), reserved, 10).await.unwrap();
    let wait = refused(meter.reserve(&ctx(&house, &ada), 1).await).wait_seconds.unwrap();
    // December begins there at ten in the morning of 30 November UTC.
    let december: model::Time = "2026-11-30T10:00:00Z".parse().unwrap();
    assert_eq!(i64::from(wait), december.seconds_since(house.now()) + 1);
    house.outside.move_on(i64::from(wait) - 2);
    refused(meter.reserve(&ctx(&house, &ada), 1).await);
    house.outside.move_on(1);
    let reserved = meter.reserve(&ctx(&house, &ada), 10).await.unwrap();
    meter.release(&ctx(&house, &ada), reserved).await.unwrap();
    let standing = house.identity.quota_of(&ctx(&house, &ada), ada.id).await.unwrap();
    assert_eq!((standing.month.as_str(), standing.spent), ("2026-12", 0));
    assert_eq!(
        standing.earlier.iter().map(|(month, spent)| (month.as_str(), *spent)).collect::<Vec<_>>(),
        [("2026-11", 10)]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_never_take_more_than_there_is() {
    let (house, ada) = house_with(100, "UTC").await;
    let (ctx, house) = (ctx(&house, &ada), Arc::new(house));
    let tasks: Vec<_> = (0..40)
        .map(|_| {
            let (house, ctx) = (house.clone(), ctx.clone());
            tokio::spawn(async move {
                let meter: &dyn Meter = house.identity.as_ref();
                match meter.reserve(&ctx, 10).await {
                    Ok(reserved) => meter.commit(&ctx, reserved, 10).await.map(|()| 1),
                    Err(model::No::Refusal(refusal)) if refusal.kind == RefusalKind::TooManyRequests => Ok(0),
                    Err(no) => Err(no),
                }
            })
        })
        .collect();
    let mut done = 0;
    for task in tasks {
        done += task.await.unwrap().unwrap();
    }
    assert_eq!(done, 10);
    let standing = house.identity.quota_of(&ctx, ada.id).await.unwrap();
    assert_eq!((standing.spent, standing.reserved), (100, 0));
}

#[tokio::test]
async fn two_nodes_never_both_take_the_last_tokens() {
    let (house, ada) = house_with(100, "UTC").await;
    // A second identity over the same records stands for another node: it shares no memory with the first.
    let other = house.with_policy(seal::password::Policy::default()).await;
    let ctx = ctx(&house, &ada);
    for _ in 0..10 {
        let (one, two) = tokio::join!(
            Meter::reserve(house.identity.as_ref(), &ctx, 60),
            Meter::reserve(other.identity.as_ref(), &ctx, 60)
        );
        assert_eq!(u8::from(one.is_ok()) + u8::from(two.is_ok()), 1);
        for (node, reserved) in [(&house, one), (&other, two)] {
            if let Ok(reserved) = reserved {
                Meter::release(node.identity.as_ref(), &ctx, reserved).await.unwrap();
            }
        }
    }
}

#[tokio::test]
async fn work_that_never_comes_back_gives_its_tokens_back() {
    let (house, ada) = house_with(100, "UTC").await;
    let meter: &dyn Meter = house.identity.as_ref();
    let forgotten = meter.reserve(&ctx(&house, &ada), 100).await.unwrap();
    house.outside.move_on(15 * 60 - 1);
    refused(meter.reserve(&ctx(&house, &ada), 1).await);
    house.outside.move_on(1);
    let next = meter.reserve(&ctx(&house, &ada), 100).await.unwrap();
    meter.release(&ctx(&house, &ada), next).await.unwrap();
    meter.commit(&ctx(&house, &ada), forgotten, 90).await.unwrap();
    assert_eq!(house.identity.quota_of(&ctx(&house, &ada), ada.id).await.unwrap().left(), 10, "what was used was used");
}

#[tokio::test]
async fn everybody_sees_their_own_and_administrators_change_the_rule() {
    let (house, ada) = house_with(100, "UTC").await;
    let meter: &dyn Meter = house.identity.as_ref();
    let reserved = meter.reserve(&ctx(&house, &ada), 42).await.unwrap();
    meter.commit(&ctx(&house, &ada), reserved, 42).await.unwrap();
    let cookie = format!("__Host-candor={}", house.sign_in(&ada.email).await);
    let shown = house.see("/quota", &cookie).await;
    assert_eq!(shown.status, 200, "{}", shown.body);
    for words in ["Ada Mensah", "42", "58", "Change"] {
        assert!(shown.body.contains(words), "{words}: {}", shown.body);
    }
    let form = house.see("/quota/rule", &cookie).await;
    let token = form.field("form-token");
    let send = async |tokens: &str, zone: &str| {
        house.send("/quota/rule", &cookie, &[("form-token", &token), ("tokens", tokens), ("zone", zone)]).await.status
    };
    for (tokens, zone) in [("many", "UTC"), ("-1", "UTC"), ("9999999999999", "UTC"), ("5", "Atlantis"), ("5", "")] {
        assert_eq!(send(tokens, zone).await, 422, "{tokens} {zone}");
    }
    assert_eq!(send("50", "Europe/London").await, 303);
    assert!(house.see("/quota", &cookie).await.body.contains("50 tokens for each person"));
    refused(meter.reserve(&ctx(&house, &ada), 9).await);
}
