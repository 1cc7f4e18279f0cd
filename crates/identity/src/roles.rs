//! Identity's permissions, roles and duties.

use access::{PermissionDecl, RoleDecl};

/// The duty of recognising people and programs.
pub(crate) const DOOR: &str = "duty.door";
/// The duty of making organisations and their first accounts.
pub(crate) const SET_UP: &str = "duty.set-up";
/// The duty of counting for the trust page.
pub(crate) const COUNT: &str = "duty.count";

/// The duty of keeping letters in an outbox.
pub(crate) const POST: &str = "duty.post";

/// The duty of giving a right for the time of an emergency.
pub(crate) const EMERGENCY: &str = "duty.emergency";
/// The duty of letting an operator into an organisation that agreed.
pub(crate) const SUPPORT: &str = "duty.support";
/// The duty of carrying out what access reviews decide.
pub(crate) const REVIEW: &str = "duty.review";
/// The duty of answering who may see what, and why.
pub(crate) const EXPLAIN: &str = "duty.explain";

/// The duty of deleting what is over.
pub(crate) const SWEEP: &str = "duty.sweep";

const PEOPLE: &str = "People and keys";
const JOBS: &str = "Roles";
const TWO: &str = "Changes that take two people";
const GLASS: &str = "Emergencies";
const VISITS: &str = "Support by the house";
const REVIEWS: &str = "Access reviews";
const WHY: &str = "Who may, who did, and why not";
const DOORS: &str = "The door";
const JOINING: &str = "Joining";
const LETTERS: &str = "Letters";
const EVIDENCE: &str = "Evidence";

/// One line each.
pub const PERMISSIONS: &[PermissionDecl] = &[
    PermissionDecl::new(PEOPLE, "account.read", "See who may sign in here."),
    PermissionDecl::new(PEOPLE, "account.create", "Add somebody who may sign in."),
    PermissionDecl::new(PEOPLE, "account.update", "Change somebody's name, roles or factors."),
    PermissionDecl::new(PEOPLE, "account.retire", "Take away somebody's account.").in_person(),
    PermissionDecl::new(PEOPLE, "account.grant", "Give people roles, and take them away.").in_person(),
    PermissionDecl::new(PEOPLE, "account.schedule", "Set the first and last day of somebody's access.").in_person(),
    PermissionDecl::new(PEOPLE, "account.bar", "Keep somebody out at once, and let them in again.").in_person(),
    PermissionDecl::new(PEOPLE, "session.end", "Sign somebody out everywhere.").in_person(),
    PermissionDecl::new(JOBS, "role.read", "See what each role permits."),
    PermissionDecl::new(JOBS, "role.create", "Make a role of the organisation's own.").in_person(),
    PermissionDecl::new(JOBS, "role.update", "Change what a role of the organisation's own permits.").in_person(),
    PermissionDecl::new(JOBS, "role.retire", "Take a role of the organisation's own out of use.").in_person(),
    PermissionDecl::new(PEOPLE, "key.read", "See the programs that have a key."),
    PermissionDecl::new(PEOPLE, "key.create", "Make a key for a program.").stepped_up(),
    PermissionDecl::new(PEOPLE, "key.update", "Put a new key in the place of a program's old one.").stepped_up(),
    PermissionDecl::new(PEOPLE, "key.retire", "Revoke a program's key."),
    PermissionDecl::new(DOORS, "key-use.keep", "Write down when a key was last used."),
    PermissionDecl::new("Quota", "quota.read", "See how many tokens everybody has used this month."),
    PermissionDecl::new("Quota", "quota.update", "Change how many tokens everybody has a month.").in_person(),
    PermissionDecl::new("Quota", "quota.keep", "Count tokens against somebody's quota."),
    PermissionDecl::new(DOORS, "session.keep", "Begin, renew and end sessions."),
    PermissionDecl::new(DOORS, "name.keep", "Know which organisation an address belongs to."),
    PermissionDecl::new(DOORS, "organisation.read", "See the organisation's name and policy."),
    PermissionDecl::new(DOORS, "organisation.create", "Make an organisation."),
    PermissionDecl::new(DOORS, "organisation.update", "Change the organisation's name and policy.").stepped_up(),
    PermissionDecl::new(JOINING, "sign-up.read", "See how people come to have an account here."),
    PermissionDecl::new(JOINING, "sign-up.set", "Change how people come to have an account here."),
    PermissionDecl::new(JOINING, "sign-up.keep", "Take people through signing up."),
    PermissionDecl::new(JOINING, "request.read", "See who asks for access, and how everybody here came to have it."),
    PermissionDecl::new(JOINING, "request.decide", "Accept or decline somebody who asks for access.").in_person(),
    PermissionDecl::new(JOINING, "invitation.read", "See who is invited."),
    PermissionDecl::new(JOINING, "invitation.send", "Invite somebody.").in_person(),
    PermissionDecl::new(JOINING, "invitation.withdraw", "Take an invitation back, or use it up."),
    PermissionDecl::new(LETTERS, "letter.read", "Read the letters that a demo house keeps instead of sending them."),
    PermissionDecl::new(LETTERS, "letter.keep", "Keep letters instead of sending them, and delete them again."),
    PermissionDecl::new(EVIDENCE, "evidence.read", "Read the audit log."),
    PermissionDecl::new(EVIDENCE, "change.follow", "Follow what changes, without content."),
    PermissionDecl::new(EVIDENCE, "figures.read", "Read the counts behind the trust page."),
    PermissionDecl::new(TWO, "approval.read", "See which changes wait for a second person."),
    PermissionDecl::new(TWO, "approval.create", "Propose a change that takes two people.").in_person(),
    PermissionDecl::new(TWO, "approval.decide", "Agree to somebody else's proposal, or decline it.").stepped_up(),
    PermissionDecl::new(TWO, "account.empower", "Give somebody a role that governs others.").stepped_up().two_people(),
    PermissionDecl::new(TWO, "administrator.retire", "End the account of somebody who governs others.")
        .stepped_up()
        .two_people(),
    PermissionDecl::new(TWO, "subject.erase", "Erase a person by destroying their key.").stepped_up().two_people(),
    PermissionDecl::new(GLASS, "emergency.use", "Take a right for some minutes because it cannot wait.").stepped_up(),
    PermissionDecl::new(GLASS, "emergency.read", "See who took a right in an emergency, and why."),
    PermissionDecl::new(GLASS, "emergency.review", "Say afterwards whether an emergency was one.").in_person(),
    PermissionDecl::new(VISITS, "support.ask", "Ask an organisation to be let in, as an operator of the house.")
        .in_person(),
    PermissionDecl::new(VISITS, "support.request", "Put an operator's request before the organisation."),
    PermissionDecl::new(VISITS, "support.read", "See which operators asked to be let in, and who is."),
    PermissionDecl::new(VISITS, "support.decide", "Let an operator of the house in, or not, and end a visit.")
        .stepped_up(),
    PermissionDecl::new(VISITS, "visit.keep", "Begin and end visits of operators."),
    PermissionDecl::new(REVIEWS, "review.read", "See access reviews and what they decided."),
    PermissionDecl::new(REVIEWS, "review.open", "Ask somebody to review who holds what.").in_person(),
    PermissionDecl::new(REVIEWS, "review.decide", "Decide about each holding in a review of one's own.").in_person(),
    PermissionDecl::new(WHY, "record.explain", "See who may open a record, and why."),
    PermissionDecl::new(WHY, "disclosure.read", "See who has looked at a record."),
    PermissionDecl::new(WHY, "refusal.explain", "See why a request was refused."),
];

/// One entry each.
pub const ROLES: &[RoleDecl] = &[
    RoleDecl {
        name: "administrator",
        title: "Administrator",
        words: "Looks after people, keys and the organisation's settings.",
        permissions: &[
            "account.read",
            "account.create",
            "account.update",
            "account.retire",
            "account.grant",
            "account.schedule",
            "account.bar",
            "session.end",
            "role.read",
            "role.create",
            "role.update",
            "role.retire",
            "approval.read",
            "approval.create",
            "approval.decide",
            "account.empower",
            "administrator.retire",
            "emergency.use",
            "emergency.read",
            "emergency.review",
            "support.read",
            "support.decide",
            "review.read",
            "review.open",
            "review.decide",
            "record.explain",
            "disclosure.read",
            "refusal.explain",
            "key.read",
            "key.create",
            "key.update",
            "key.retire",
            "organisation.read",
            "organisation.update",
            "sign-up.read",
            "sign-up.set",
            "request.read",
            "request.decide",
            "invitation.read",
            "invitation.send",
            "invitation.withdraw",
            "letter.read",
            "quota.read",
            "quota.update",
            "evidence.read",
        ],
    },
    RoleDecl {
        name: "auditor",
        title: "Auditor",
        words: "Reads the audit log and who may sign in, and changes nothing.",
        permissions: &[
            "account.read",
            "role.read",
            "key.read",
            "organisation.read",
            "evidence.read",
            "change.follow",
            "approval.read",
            "emergency.read",
            "support.read",
            "review.read",
            "record.explain",
            "disclosure.read",
            "quota.read",
            "refusal.explain",
        ],
    },
    RoleDecl {
        name: "privacy-officer",
        title: "Privacy officer",
        words: "Answers people's requests about their data.",
        permissions: &[
            "evidence.read",
            "organisation.read",
            "account.read",
            "subject.erase",
            "approval.read",
            "approval.create",
            "approval.decide",
            "emergency.read",
            "emergency.review",
            "review.read",
            "record.explain",
            "disclosure.read",
            "refusal.explain",
        ],
    },
    RoleDecl {
        name: "access-reviewer",
        title: "Access reviewer",
        words: "Looks at who holds what when asked to, and decides about each holding.",
        permissions: &["review.read", "review.decide", "account.read", "role.read"],
    },
    RoleDecl {
        name: "emergency-user",
        title: "May act in an emergency",
        words: "Can take a right for some minutes when it cannot wait. Everybody hears of it, and somebody looks at it.",
        permissions: &["emergency.use"],
    },
    RoleDecl {
        name: "emergency-administration",
        title: "Emergency: decide alone",
        words: "For some minutes, one administrator does alone what otherwise takes two, with their own proposals.",
        permissions: &["approval.decide"],
    },
    RoleDecl {
        name: "prover",
        title: "Prover",
        words: "The probe runner's view of the whole house: counts, no records.",
        permissions: &["figures.read"],
    },
    RoleDecl {
        name: "newcomer",
        title: "Newcomer",
        words: "Has an account and may see the organisation's name and policy. Whoever joins without a person deciding holds this role and no other.",
        permissions: &["organisation.read"],
    },
    RoleDecl {
        name: "mailroom",
        title: "Mailroom",
        words: "A program that reads the letters that a demo house keeps instead of sending them.",
        permissions: &["letter.read"],
    },
    RoleDecl {
        name: "house.operator",
        title: "Operator",
        words: "Keeps the house running. Holds nothing in any organisation until that lets them in for a while.",
        permissions: &["organisation.read", "support.ask"],
    },
    RoleDecl {
        name: "house.visitor",
        title: "Visiting operator",
        words: "What an operator sees in an organisation that let them in: its people, roles and settings, and no record of care.",
        permissions: &["organisation.read", "account.read", "role.read", "key.read", "support.read"],
    },
    RoleDecl {
        name: "house.developer",
        title: "Developer",
        words: "Builds the house and holds nothing in it. Who only has this role can sign in and reach nothing.",
        permissions: &[],
    },
    RoleDecl {
        name: DOOR,
        title: "The door",
        words: "Recognises people and programs.",
        permissions: &[
            "account.read",
            "account.update",
            "key.read",
            "key-use.keep",
            "sign-up.read",
            "sign-up.keep",
            "invitation.read",
            "account.read",
            "account.update",
            "role.read",
            "key.read",
            "quota.read",
            "quota.keep",
            "session.keep",
            "name.keep",
            "organisation.read",
            "support.read",
            "visit.keep",
        ],
    },
    RoleDecl {
        name: SET_UP,
        title: "Set-up",
        words: "Makes organisations and their first accounts.",
        permissions: &[
            "sign-up.read",
            "sign-up.set",
            "sign-up.keep",
            "invitation.read",
            "invitation.withdraw",
            "account.create",
            "key.create",
            "name.keep",
            "organisation.read",
            "organisation.create",
        ],
    },
    RoleDecl {
        name: COUNT,
        title: "Counting",
        words: "Counts accounts and sessions for the trust page.",
        permissions: &["request.read", "account.read", "session.keep", "emergency.read", "approval.read"],
    },
    RoleDecl {
        name: POST,
        title: "Post",
        words: "Keeps letters in the outbox of a demo house.",
        permissions: &["letter.keep"],
    },
    RoleDecl {
        name: EMERGENCY,
        title: "Emergencies",
        words: "Gives a right for the time of an emergency that is on record.",
        permissions: &["account.read", "account.update", "emergency.read"],
    },
    RoleDecl {
        name: SUPPORT,
        title: "Support",
        words: "Puts operators' requests before an organisation, and lets in whom it lets in.",
        permissions: &["support.request", "support.read", "visit.keep"],
    },
    RoleDecl {
        name: REVIEW,
        title: "Reviews",
        words: "Counts who used what for an access review, and takes away what a review decided.",
        permissions: &["account.read", "account.update", "evidence.read"],
    },
    RoleDecl {
        name: EXPLAIN,
        title: "Explaining",
        words: "Answers who may see a record, who looked at it and why something was refused, from the audit log.",
        permissions: &["account.read", "evidence.read", "support.read"],
    },
    RoleDecl {
        name: SWEEP,
        title: "Sweeping",
        words: "Deletes sessions, sign-ins and kept letters that are over, and revokes keys that nobody uses.",
        permissions: &[
            "session.keep",
            "letter.read",
            "letter.keep",
            "sign-up.keep",
            "key.read",
            "key.retire",
            "visit.keep",
        ],
    },
];

/// Whether a role is one of the house's own duties, which no account and no key can hold.
pub(crate) fn is_duty(role: &str) -> bool {
    role.starts_with("duty.")
}

/// Whether a role is for people, and may be given by one of them: not a duty, not a program's, not the administrator's.
pub(crate) fn is_for_staff(role: &str) -> bool {
    let of_people = !is_duty(role) && !role.starts_with("house.") && !role.starts_with("emergency-");
    of_people && !["administrator", "prover", "mailroom", "integration"].contains(&role)
}
