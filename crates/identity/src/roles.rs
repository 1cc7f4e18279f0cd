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

/// The duty of deleting what is over.
pub(crate) const SWEEP: &str = "duty.sweep";

const PEOPLE: &str = "People and keys";
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
    PermissionDecl::new(PEOPLE, "key.read", "See the programs that have a key."),
    PermissionDecl::new(PEOPLE, "key.create", "Make a key for a program.").stepped_up(),
    PermissionDecl::new(PEOPLE, "key.update", "Put a new key in the place of a program's old one.").stepped_up(),
    PermissionDecl::new(PEOPLE, "key.retire", "Revoke a program's key."),
    PermissionDecl::new(DOORS, "key-use.keep", "Write down when a key was last used."),
    PermissionDecl::new(DOORS, "session.keep", "Begin, renew and end sessions."),
    PermissionDecl::new(DOORS, "name.keep", "Know which organisation an address belongs to."),
    PermissionDecl::new(DOORS, "organisation.read", "See the organisation's name and policy."),
    PermissionDecl::new(DOORS, "organisation.create", "Make an organisation."),
    PermissionDecl::new(DOORS, "organisation.update", "Change the organisation's name and policy.").in_person(),
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
    PermissionDecl::new("Privacy", "subject.erase", "Erase a person by destroying their key."),
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
            "evidence.read",
        ],
    },
    RoleDecl {
        name: "auditor",
        title: "Auditor",
        words: "Reads the audit log and who may sign in, and changes nothing.",
        permissions: &["account.read", "key.read", "organisation.read", "evidence.read", "change.follow"],
    },
    RoleDecl {
        name: "privacy-officer",
        title: "Privacy officer",
        words: "Answers people's requests about their data.",
        permissions: &["evidence.read", "organisation.read", "subject.erase"],
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
            "key.read",
            "session.keep",
            "name.keep",
            "organisation.read",
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
        permissions: &["account.read", "session.keep"],
    },
    RoleDecl {
        name: POST,
        title: "Post",
        words: "Keeps letters in the outbox of a demo house.",
        permissions: &["letter.keep"],
    },
    RoleDecl {
        name: SWEEP,
        title: "Sweeping",
        words: "Deletes sessions, sign-ins and kept letters that are over, and revokes keys that nobody uses.",
        permissions: &["session.keep", "letter.read", "letter.keep", "sign-up.keep", "key.read", "key.retire"],
    },
];

/// Whether a role is one of the house's own duties, which no account and no key can hold.
pub(crate) fn is_duty(role: &str) -> bool {
    role.starts_with("duty.")
}

/// Whether a role is for people, and may be given by one of them: not a duty, not a program's, not the administrator's.
pub(crate) fn is_for_staff(role: &str) -> bool {
    !is_duty(role) && !["administrator", "prover", "mailroom", "integration"].contains(&role)
}
