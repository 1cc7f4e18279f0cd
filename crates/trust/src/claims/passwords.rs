use crate::claim::{ClaimDecl, Counts, ProbeDecl, Proof, Running};
use crate::house::{figures, half_way};
use crate::probe::{Finding, Seeker, Swept, Trouble, Visit, several, shown};

/// Passwords are kept only as slow, salted hashes.
pub(super) const CLAIM: ClaimDecl = ClaimDecl {
    id: "passwords",
    group: "What is stored",
    words: "Every password is kept only as a salted Argon2id hash of at least 19 MiB and two passes; the password itself \
            is in none of our files.",
    rows: &["L25", "L27"],
    proof: Proof::Scan,
    counts: Counts::Whole,
    cadence_seconds: 60 * 60,
    valid_seconds: 3 * 60 * 60,
    how: "The house counts its password verifiers, those that are Argon2id of at least the policy's memory and passes, \
          and the different salts among them: the three numbers must be the same. Then the runner signs in with real \
          passwords of the probe organisations and tries a random wrong one, and each file below the data directory is \
          read byte by byte for them, in readable, hexadecimal, base64 and UTF-16 form. Two files hold \
          them and are left out, and named in the result: the runner's own credentials, and in a demo house the list of \
          its sign-ins. To show that the search can fail, \
          the same passwords are written to a file outside the house and must be found there.",
    probe: ProbeDecl {
        id: "auth.pwhash",
        version: 1,
        source: include_bytes!("passwords.rs"),
        parameters: "figures: verifiers, verifiers_at_policy, distinct_salts; seek each probe password and one made-up",
        run,
    },
};

fn run<'a>(visit: &'a Visit<'a>) -> Running<'a> {
    Box::pin(check(visit))
}

async fn check(visit: &Visit<'_>) -> Result<Finding, Trouble> {
    let mut finding = Finding::default();
    let verifiers = count(visit, &mut finding).await?;
    let mut words: Vec<String> = Vec::new();
    for tenant in &visit.known.tenants {
        finding.scope.push(tenant.name.clone());
        half_way(visit.wire, tenant.person(0)?).await?;
        words.extend(tenant.people.iter().map(|person| person.password.clone()));
    }
    let wrong = visit.word(24);
    let stranger = crate::house::Person {
        email: format!("{}@example.org", visit.word(12)),
        password: wrong.clone(),
        ..some_person(visit)?
    };
    if half_way(visit.wire, &stranger).await.is_ok() {
        finding.fail("A made-up person with a made-up password got past the first step.");
    }
    words.push(wrong);
    words.sort();
    words.dedup();
    let listed: Vec<&str> = words.iter().map(String::as_str).collect();
    let swept = Seeker::new(&listed)?.sweep_aside(visit.stores).await?;
    for found in &swept.found {
        let file = shown(&found.file, visit.stores);
        finding.fail(format!("A password stands in readable form ({}) in {file} at byte {}.", found.form, found.at));
    }
    for unread in &swept.unread {
        finding.fail(format!("A file could not be looked at: {unread}."));
    }
    finding.saw("passwords_sought", words.len());
    finding.saw("files", swept.files);
    let left_out = visit.stores.own_secrets.iter().filter(|file| file.exists()).map(|file| shown(file, visit.stores));
    finding.saw("files_left_out", left_out.collect::<Vec<_>>());
    finding.saw("bytes_read", swept.bytes);
    let told = format!(
        "{} at the policy, each with its own salt; {} read, {}",
        several(verifiers, "password", "passwords"),
        several(swept.files, "file", "files"),
        several(swept.found.len() as u64, "readable password", "readable passwords"),
    );
    finding.counted(verifiers + swept.files, verifiers + swept.total, told);
    control(visit, &words, &mut finding)?;
    Ok(finding)
}

fn some_person(visit: &Visit<'_>) -> Result<crate::house::Person, Trouble> {
    visit.known.two_tenants()?.0.person(0).cloned()
}

async fn count(visit: &Visit<'_>, finding: &mut Finding) -> Result<u64, Trouble> {
    let figures = figures(visit).await?;
    let all = figures.number("verifiers")?;
    let at_policy = figures.number("verifiers_at_policy")?;
    let salts = figures.number("distinct_salts")?;
    finding.saw("verifiers", all);
    finding.saw("verifiers_at_policy", at_policy);
    finding.saw("distinct_salts", salts);
    finding.check(at_policy == all, || format!("Of {all} password hashes only {at_policy} are at the policy."));
    finding.check(salts == all, || format!("{all} password hashes have only {salts} different salts."));
    finding.check(all > 0, || "The house says that it keeps no password hashes.".to_owned());
    Ok(all)
}

fn control(visit: &Visit<'_>, words: &[String], finding: &mut Finding) -> Result<(), Trouble> {
    let listed: Vec<&str> = words.iter().map(String::as_str).collect();
    let path = visit.stores.scratch.join("passwords");
    std::fs::create_dir_all(&visit.stores.scratch)?;
    let mut caught = 0;
    for word in words {
        std::fs::write(&path, format!("user=somebody&password={word}\n"))?;
        let mut swept = Swept::default();
        Seeker::new(&listed)?.file(&path, &mut swept)?;
        caught += usize::from(!swept.found.is_empty());
    }
    std::fs::remove_file(&path)?;
    let told = format!("The same passwords in a readable file outside the house: {caught} of {} found.", words.len());
    finding.control(caught == words.len() && caught > 0, told, visit.now());
    Ok(())
}
