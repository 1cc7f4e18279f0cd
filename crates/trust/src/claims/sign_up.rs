use crate::claim::{ClaimDecl, Counts, ProbeDecl, Proof, Running};
use crate::house::joining::{Stranger, begin, first_page};
use crate::house::{Call, Tenant, hidden, open_pages};
use crate::probe::{Finding, Trouble, Visit};

/// What an organisation says about signing up is what happens.
pub(super) const CLAIM: ClaimDecl = ClaimDecl {
    id: "sign-up",
    group: "Who can see a record",
    words: "Each organisation's sign-up page says who gets in and whether anybody has to approve, and that is what \
            happens. Where approval is promised, a newcomer waits for it. Where it is not, a newcomer holds the least \
            role alone.",
    rows: &["L15", "L16", "L37"],
    proof: Proof::Negative,
    counts: Counts::Sample,
    cadence_seconds: 6 * 60 * 60,
    valid_seconds: 25 * 60 * 60,
    how: "In one probe organisation, whose page promises approval, somebody new signs up, proves the address and tries \
          to sign in: it must be refused, until an administrator accepts. In the other, whose page says that nobody \
          approves, somebody new signs up and gets in at once: the first page must name the least role alone, and the \
          pages of the practice must stay shut. The page of one organisation must never say what the other does. To \
          show that the check can fail, the one who was refused is accepted, and must then get to the second factor.",
    probe: ProbeDecl {
        id: "auth.provision",
        version: 1,
        source: include_bytes!("sign_up.rs"),
        parameters: "one organisation with approval, one open; one newcomer each",
        run,
    },
};

const PROMISES_APPROVAL: &str = "has approved";
const NEEDS_NONE: &str = "at once, without approval";

fn run<'a>(visit: &'a Visit<'a>) -> Running<'a> {
    Box::pin(check(visit))
}

async fn check(visit: &Visit<'_>) -> Result<Finding, Trouble> {
    let mut finding = Finding::default();
    let (approving, open) = visit.known.two_tenants()?;
    finding.scope.extend([approving.name.clone(), open.name.clone()]);
    says(visit, approving, PROMISES_APPROVAL, NEEDS_NONE, &mut finding).await?;
    says(visit, open, NEEDS_NONE, PROMISES_APPROVAL, &mut finding).await?;

    let mut asking = begin(visit, approving).await?;
    asking.prove(visit, approving).await?;
    asking.choose(visit, approving).await?;
    let early = asking.try_password(visit).await?;
    finding.check(hidden(&early, "ticket").is_none(), || {
        format!("{} promises approval, and somebody got in before it.", approving.name)
    });
    let accepted = accept(visit, approving, &asking).await?;
    let later = asking.try_password(visit).await?;
    let came_in = hidden(&later, "ticket").is_some();

    let mut newcomer = begin(visit, open).await?;
    newcomer.prove(visit, open).await?;
    let page = newcomer.choose(visit, open).await?;
    newcomer.enrol(visit, &page).await?;
    let welcome = newcomer.browser.send(visit.wire, Call::get("/welcome")).await?.good("opening the first page")?;
    let roles = welcome.text().matches("<dt>").count();
    finding.check(roles == 1 && welcome.text().contains("<dt>Newcomer</dt>"), || {
        format!("Somebody who joined {} without approval holds {roles} roles, or another than the least.", open.name)
    });
    let pages = open_pages(visit, &newcomer.browser, 100).await?;
    let inside: Vec<&String> =
        pages.iter().filter(|page| page.starts_with("/practice") || page.starts_with("/people")).collect();
    finding.check(inside.is_empty(), || format!("A newcomer's session opened {inside:?}."));
    finding.saw("pages open to a newcomer", pages.len() as u64);
    let told = format!(
        "2 sign-up pages read, 2 people signed up; {} was refused before approval",
        asking.name.split(' ').next().unwrap_or_default()
    );
    finding.counted(2, 2, told);
    let words =
        format!("The request was accepted ({accepted}); then the same password led to the second factor: {came_in}.");
    finding.control(came_in, words, visit.now());
    Ok(finding)
}

/// The page says the one and not the other.
async fn says(
    visit: &Visit<'_>,
    tenant: &Tenant,
    must: &str,
    never: &str,
    finding: &mut Finding,
) -> Result<(), Trouble> {
    let (_, page) = first_page(visit, tenant).await?;
    let text = page.text();
    finding.check(text.contains(must) && !text.contains(never), || {
        format!("The sign-up page of {} does not say what its policy is.", tenant.name)
    });
    Ok(())
}

/// An administrator of the tenant accepts somebody; the answer's status.
async fn accept(visit: &Visit<'_>, tenant: &Tenant, who: &Stranger) -> Result<u16, Trouble> {
    let mut desk = visit.desk.signed_in(visit, tenant, 0).await?;
    let list = desk.send(visit.wire, Call::get("/people/requests")).await?.good("opening the queue of requests")?;
    let text = list.text();
    let before = text
        .find(&who.name)
        .and_then(|at| text.get(..at))
        .ok_or_else(|| Trouble::new("the request is not in the queue"))?;
    let href = before.rsplit("href=\"").next().and_then(|rest| rest.split('"').next());
    let href = href.ok_or_else(|| Trouble::new("the request has no page"))?.to_owned();
    let page = desk.send(visit.wire, Call::get(&*href)).await?.good("opening the request")?;
    let token = hidden(&page, "form-token").ok_or_else(|| Trouble::new("the request's page has no form"))?;
    let fields =
        [("form-token", &*token), ("role", "newcomer"), ("reason", "Checked by a probe."), ("verdict", "accept")];
    Ok(desk.send(visit.wire, Call::new("POST", &*href).form(&fields)).await?.status)
}
