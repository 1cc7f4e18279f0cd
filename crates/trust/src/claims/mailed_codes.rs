use crate::claim::{ClaimDecl, Counts, ProbeDecl, Proof, Running};
use crate::house::hidden;
use crate::house::joining::{begin, code_in, letter};
use crate::probe::{Finding, Trouble, Visit, several};

/// An address is proven by a code that is hard to guess and good once.
pub(super) const CLAIM: ClaimDecl = ClaimDecl {
    id: "mailed-codes",
    group: "Who can see a record",
    words: "An account's e-mail address is proven by a one-time code that is good once, for fifteen minutes and for \
            five tries.",
    rows: &["L15", "L17"],
    proof: Proof::Negative,
    counts: Counts::Sample,
    cadence_seconds: 15 * 60,
    valid_seconds: 60 * 60,
    how: "In each probe organisation with a sign-up page, somebody new signs up and enters wrong codes until the code is \
          void: then the right one must be refused. Somebody else enters the right one, which must be accepted, and \
          enters it again, which must not. The fifteen minutes are too long to wait for; the tests of the house show \
          them with a clock of their own. To show that the check can fail, the right code at the right time must be \
          accepted.",
    probe: ProbeDecl {
        id: "auth.otp",
        version: 1,
        source: include_bytes!("mailed_codes.rs"),
        parameters: "five wrong codes, the right one late, once and twice",
        run,
    },
};

const TRIES: usize = 5;

fn run<'a>(visit: &'a Visit<'a>) -> Running<'a> {
    Box::pin(check(visit))
}

async fn check(visit: &Visit<'_>) -> Result<Finding, Trouble> {
    let mut finding = Finding::default();
    let (mut tries, mut accepted, mut tenants) = (0u64, 0u64, 0u64);
    for tenant in visit.known.tenants.iter().filter(|tenant| tenant.sign_up.is_some()) {
        tenants += 1;
        finding.scope.push(tenant.name.clone());
        let mut guesser = begin(visit, tenant).await?;
        let right = code_in(&letter(visit, tenant, &guesser.email.clone(), "activation").await?);
        let right = right.ok_or_else(|| Trouble::new("the letter has no code of six digits or more"))?;
        let wrong: String = right.chars().map(|digit| if digit == '1' { '2' } else { '1' }).collect();
        let mut page = None;
        for _ in 0..TRIES {
            page = Some(guesser.enter(visit, tenant, &wrong, page.as_ref()).await?);
            tries += 1;
            finding
                .check(page.as_ref().is_some_and(|page| !is_proven(page)), || "A wrong code was accepted.".to_owned());
        }
        let late = guesser.enter(visit, tenant, &right, page.as_ref()).await?;
        tries += 1;
        finding.check(!is_proven(&late), || format!("After {TRIES} wrong codes the right one was still accepted."));
        let mut honest = begin(visit, tenant).await?;
        let code = code_in(&letter(visit, tenant, &honest.email.clone(), "activation").await?).unwrap_or_default();
        let first = honest.enter(visit, tenant, &code, None).await?;
        accepted += u64::from(is_proven(&first));
        let again = honest.enter(visit, tenant, &code, None).await?;
        tries += 1;
        finding.check(!is_proven(&again), || "A code was accepted twice.".to_owned());
    }
    finding.counted(tries, tries, format!("{} refused", several(tries, "code", "codes")));
    let told =
        format!("The right code, entered once and in time, was accepted in {accepted} of {tenants} organisations.");
    finding.control(accepted == tenants && tenants > 0, told, visit.now());
    Ok(finding)
}

/// Whether the house now asks for a password, as it does once an address is proven.
fn is_proven(page: &crate::house::Reply) -> bool {
    page.status == 200 && hidden(page, "ticket").is_some() && page.text().contains("name=\"password\"")
}
