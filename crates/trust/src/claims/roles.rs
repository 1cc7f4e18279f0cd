use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::claim::{ClaimDecl, Counts, ProbeDecl, Proof, Running};
use crate::house::{Call, Person, figures, routes};
use crate::probe::{Finding, Trouble, Visit, several};

/// The fewest permissions that the house promises.
const PERMISSIONS_MIN: u64 = 58;
/// People of each organisation that are tried.
const PEOPLE_MAX: usize = 4;
/// The role of those who build the house.
const DEVELOPER: &str = "house.developer";

/// Every permission is enforced, every page asks for one, and who lacks it is refused.
pub(super) const CLAIM: ClaimDecl = ClaimDecl {
    id: "roles",
    group: "Who can see a record",
    words: "At least 58 permissions decide who may do what. Each of them is asked for by an address, a record or a command, and who \
            does not have it is refused. Developers of the house have none of them.",
    rows: &["M25", "M34", "M35", "M36", "L36", "M69"],
    proof: Proof::Negative,
    counts: Counts::Whole,
    cadence_seconds: 60 * 60,
    valid_seconds: 3 * 60 * 60,
    how: "The runner reads the public lists of permissions, roles and addresses, and counts. Each permission must be asked for \
          somewhere, and each address that is not public must ask for one or for a session. Then it signs in as people with \
          different roles, and opens each page that asks for a permission: where none of their roles has it, the page must \
          refuse. The developer's role must hold nothing, and no account may hold it together with another. To show that the \
          check can fail, pages that their roles do permit must be seen to open.",
    probe: ProbeDecl {
        id: "access.roles",
        version: 1,
        source: include_bytes!("roles.rs"),
        parameters: "at least 58 permissions; up to four people of each probe organisation; every page with a permission",
        run,
    },
};

fn run<'a>(visit: &'a Visit<'a>) -> Running<'a> {
    Box::pin(check(visit))
}

/// What the house says in public about who may do what.
struct Declared {
    /// What asks for each permission.
    needed_by: BTreeMap<String, u64>,
    /// What each role holds.
    roles: BTreeMap<String, BTreeSet<String>>,
}

async fn check(visit: &Visit<'_>) -> Result<Finding, Trouble> {
    let mut finding = Finding::default();
    let declared = declared(visit).await?;
    let permissions = declared.needed_by.len() as u64;
    finding.saw("permissions", permissions);
    finding.check(permissions >= PERMISSIONS_MIN, || format!("There are only {permissions} permissions."));
    for (name, needed_by) in &declared.needed_by {
        finding.check(*needed_by > 0, || format!("Nothing asks for {name}."));
    }
    let guarded = guarded_pages(visit).await?;
    for (_, permission) in &guarded {
        finding.check(declared.needed_by.contains_key(permission), || {
            format!("{permission} is asked for, but not declared.")
        });
    }
    let (mut refused, mut opened) = (0u64, 0u64);
    for tenant in &visit.known.tenants {
        finding.scope.push(tenant.name.clone());
        for (number, person) in tenant.people.iter().take(PEOPLE_MAX).enumerate() {
            let Some(held) = held(&declared, person) else { continue };
            let session = visit.desk.signed_in(visit, tenant, number).await?;
            for (path, permission) in &guarded {
                let reply = visit.wire.call(session.dress(Call::get(path.as_str()))).await?;
                if held.contains(permission) {
                    opened += u64::from(reply.let_in());
                } else {
                    refused += 1;
                    let role = &person.role;
                    finding.check(!reply.let_in(), || format!("GET {path} opened to {role}, who lacks {permission}."));
                }
            }
        }
    }
    developers(visit, &declared, &mut finding).await?;
    finding.saw("refusals", refused);
    let pages = guarded.len() as u64;
    let told = format!(
        "{}, each asked for; {} on {} by people who lack what they ask for, each refused",
        several(permissions, "permission", "permissions"),
        several(refused, "attempt", "attempts"),
        several(pages, "page", "pages"),
    );
    finding.counted(refused + permissions, refused + permissions, told);
    finding.control(
        opened > 0 && refused > 0,
        format!("With the permission: {} opened.", several(opened, "page", "pages")),
        visit.now(),
    );
    Ok(finding)
}

async fn declared(visit: &Visit<'_>) -> Result<Declared, Trouble> {
    let whole = visit.wire.call(Call::get("/trust/access.json")).await?.good("asking for the permissions")?.json()?;
    let rows = |name: &str| {
        let list = whole.get(name).and_then(Value::as_array);
        list.cloned().ok_or_else(|| Trouble::new(format!("the list of {name} is not there")))
    };
    let text = |row: &Value| row.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let listed = |row: &Value, name: &str| -> Vec<String> {
        let list = row.get(name).and_then(Value::as_array).into_iter().flatten();
        list.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let needed_by = rows("permissions")?.iter().map(|row| (text(row), listed(row, "needed_by").len() as u64)).collect();
    let roles =
        rows("roles")?.iter().map(|row| (text(row), listed(row, "permissions").into_iter().collect())).collect();
    Ok(Declared { needed_by, roles })
}

/// Every page that asks for a permission, with a made-up id where one belongs.
async fn guarded_pages(visit: &Visit<'_>) -> Result<Vec<(String, String)>, Trouble> {
    let listed =
        visit.wire.call(Call::get("/trust/routes.json")).await?.good("asking for the list of routes")?.json()?;
    let listed = listed.get("routes").unwrap_or(&listed).as_array().cloned().unwrap_or_default();
    let mut pages = Vec::new();
    for (route, row) in routes(visit).await?.iter().zip(&listed) {
        let Some(permission) = row.get("permission").and_then(Value::as_str) else { continue };
        if route.method == "GET" && !route.api {
            let path = route.filled(|_| "01890a5d-ac96-774b-bcce-b302099a8057".to_owned());
            pages.push((path, permission.to_owned()));
        }
    }
    match pages.is_empty() {
        true => Err(Trouble::new("no page asks for a permission")),
        false => Ok(pages),
    }
}

/// What somebody's roles permit together; nothing is known of a role that is not declared.
fn held(declared: &Declared, person: &Person) -> Option<BTreeSet<String>> {
    let mut all = BTreeSet::new();
    for role in person.role.split('+') {
        all.extend(declared.roles.get(role)?.iter().cloned());
    }
    Some(all)
}

async fn developers(visit: &Visit<'_>, declared: &Declared, finding: &mut Finding) -> Result<(), Trouble> {
    let held = declared.roles.get(DEVELOPER).map_or(1, BTreeSet::len);
    finding.check(held == 0, || format!("The developer's role is not there, or it holds {held} permissions."));
    let figures = figures(visit).await?;
    let with_more = figures.number("developers_with_rights")?;
    finding.saw("developers", figures.number("developers")?);
    finding.check(with_more == 0, || format!("{with_more} accounts of developers hold another role."));
    Ok(())
}
