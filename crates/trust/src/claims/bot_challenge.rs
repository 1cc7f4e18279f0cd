use crate::claim::{ClaimDecl, Counts, ProbeDecl, Proof, Running};
use crate::house::joining::{answered, first_page, fresh_address, place};
use crate::house::{Call, Reply, hidden};
use crate::probe::{Finding, Trouble, Visit, several};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// Signing up needs a challenge that the house checks.
pub(super) const CLAIM: ClaimDecl = ClaimDecl {
    id: "bot-challenge",
    group: "Who can see a record",
    words: "Signing up and asking for a new password take a bot challenge that the house itself checks, bound to \
            that page and good once. It asks no other company.",
    rows: &["L31", "L32", "L33", "L34"],
    proof: Proof::Negative,
    counts: Counts::Sample,
    cadence_seconds: 15 * 60,
    valid_seconds: 60 * 60,
    how: "In each probe organisation with a sign-up page, the sign-up form is sent with no answer to its challenge, with \
          a mark that says “success”, with a changed signature, with the answer to another page's challenge, and with an \
          answer that was used before: each must be refused. To show that the check can fail, the same form with the \
          right answer must be accepted.",
    probe: ProbeDecl {
        id: "auth.challenge",
        version: 1,
        source: include_bytes!("bot_challenge.rs"),
        parameters: "none, a mark, a changed signature, another page's, a used one",
        run,
    },
};

fn run<'a>(visit: &'a Visit<'a>) -> Running<'a> {
    Box::pin(check(visit))
}

async fn check(visit: &Visit<'_>) -> Result<Finding, Trouble> {
    let mut finding = Finding::default();
    let (mut refused, mut accepted, mut tenants) = (0u64, 0u64, 0u64);
    for tenant in visit.known.tenants.iter().filter(|tenant| tenant.sign_up.is_some()) {
        tenants += 1;
        finding.scope.push(tenant.name.clone());
        let (mut browser, page) = first_page(visit, tenant).await?;
        let token = hidden(&page, "form-token").ok_or_else(|| Trouble::new("the sign-up page has no form token"))?;
        let right = answered(&page)?;
        let reset = browser.send(visit.wire, Call::get("/reset")).await?.good("opening the page for a new password")?;
        let bad = [
            ("no answer", String::new()),
            ("a mark that says success", "success".to_owned()),
            ("a changed signature", changed(&right)?),
            ("the answer to another page's challenge", answered(&reset)?),
        ];
        for (what, answer) in &bad {
            let reply = send(visit, tenant, &mut browser, &token, answer).await?;
            refused += 1;
            finding.check(!went_on(&reply), || format!("Signing up at {} went on with {what}.", tenant.name));
        }
        let first = send(visit, tenant, &mut browser, &token, &right).await?;
        accepted += u64::from(went_on(&first));
        let again = send(visit, tenant, &mut browser, &token, &right).await?;
        refused += 1;
        finding.check(!went_on(&again), || format!("Signing up at {} went on with a used answer.", tenant.name));
    }
    finding.counted(refused, refused, format!("{} refused", several(refused, "bad answer", "bad answers")));
    let told = format!("The same form with the right answer went on in {accepted} of {tenants} organisations.");
    finding.control(accepted == tenants && tenants > 0, told, visit.now());
    Ok(finding)
}

async fn send(
    visit: &Visit<'_>,
    tenant: &crate::house::Tenant,
    browser: &mut crate::house::Session,
    token: &str,
    answer: &str,
) -> Result<Reply, Trouble> {
    let email = fresh_address(visit, tenant);
    let fields =
        [("form-token", token), ("email", &*email), ("name", "Probe"), ("asked", "auditor"), ("challenge", answer)];
    browser.send(visit.wire, Call::new("POST", place(tenant)?).form(&fields)).await
}

/// Whether the house went on to the code.
fn went_on(page: &Reply) -> bool {
    page.status == 200 && hidden(page, "ticket").is_some()
}

/// The same answer under another signature.
fn changed(answer: &str) -> Result<String, Trouble> {
    let bytes = STANDARD.decode(answer).map_err(|_| Trouble::new("the answer to the challenge is not base64"))?;
    let mut json: Value = serde_json::from_slice(&bytes)?;
    if let Some(signature) = json.get_mut("signature") {
        *signature = Value::from("0".repeat(32));
    }
    Ok(STANDARD.encode(json.to_string()))
}
