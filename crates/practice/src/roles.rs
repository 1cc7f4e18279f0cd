//! The practice's permissions, and the jobs of a dental practice as roles.

use access::{PermissionDecl, RoleDecl};
use model::Purpose;

/// The duty of furnishing a demonstration.
pub const FURNISH: &str = "duty.demo";

const PATIENTS: &str = "Patients";
const PRACTITIONERS: &str = "Practitioners";
const DOCUMENTS: &str = "Clinical documents";

/// One line each.
pub const PERMISSIONS: &[PermissionDecl] = &[
    PermissionDecl::new(PATIENTS, "patient.read", "Find patients and open their details.")
        .only_for(&[Purpose::DirectCare]),
    PermissionDecl::new(PATIENTS, "patient.create", "Add a patient."),
    PermissionDecl::new(PATIENTS, "patient.update", "Change a patient's details."),
    PermissionDecl::new(PATIENTS, "patient.retire", "Take a patient out of use. The history stays."),
    PermissionDecl::new(PRACTITIONERS, "practitioner.read", "See who works here."),
    PermissionDecl::new(PRACTITIONERS, "practitioner.create", "Add a practitioner."),
    PermissionDecl::new(PRACTITIONERS, "practitioner.update", "Change a practitioner's details."),
    PermissionDecl::new(PRACTITIONERS, "practitioner.retire", "Take a practitioner out of use. The history stays."),
    PermissionDecl::new(DOCUMENTS, "document.read", "Open clinical notes, letters and pictures.")
        .only_for(&[Purpose::DirectCare]),
    PermissionDecl::new(DOCUMENTS, "document.create", "Add a clinical document."),
    PermissionDecl::new(DOCUMENTS, "document.update", "Write a new version of a clinical document."),
    PermissionDecl::new(DOCUMENTS, "document.retire", "Take a clinical document out of use. The history stays."),
];

/// One entry each.
///
/// INVARIANT: whoever holds neither a clinical job nor a key for all of it cannot open a clinical document.
pub const ROLES: &[RoleDecl] = &[
    RoleDecl {
        name: "principal-dentist",
        title: "Principal dentist",
        words: "Answers for the practice: everything about patients, documents and practitioners.",
        permissions: &[
            "patient.read",
            "patient.create",
            "patient.update",
            "patient.retire",
            "practitioner.read",
            "practitioner.create",
            "practitioner.update",
            "practitioner.retire",
            "document.read",
            "document.create",
            "document.update",
            "document.retire",
        ],
    },
    RoleDecl {
        name: "associate-dentist",
        title: "Associate dentist",
        words: "Treats patients and writes their records, and takes nothing out of use.",
        permissions: &[
            "patient.read",
            "patient.create",
            "patient.update",
            "practitioner.read",
            "document.read",
            "document.create",
            "document.update",
        ],
    },
    RoleDecl {
        name: "hygienist",
        title: "Dental hygienist or therapist",
        words: "Treats patients within their scope and writes their records.",
        permissions: &[
            "patient.read",
            "patient.update",
            "practitioner.read",
            "document.read",
            "document.create",
            "document.update",
        ],
    },
    RoleDecl {
        name: "dental-nurse",
        title: "Dental nurse",
        words: "Helps at the chair: reads records and adds documents, and changes none.",
        permissions: &["patient.read", "patient.update", "practitioner.read", "document.read", "document.create"],
    },
    RoleDecl {
        name: "receptionist",
        title: "Receptionist",
        words: "Looks after patients' details at the desk, and cannot open a clinical document.",
        permissions: &["patient.read", "patient.create", "patient.update", "practitioner.read"],
    },
    RoleDecl {
        name: "practice-manager",
        title: "Practice manager",
        words: "Runs the practice: patients' details and who works here, and cannot open a clinical document.",
        permissions: &[
            "patient.read",
            "patient.create",
            "patient.update",
            "patient.retire",
            "practitioner.read",
            "practitioner.create",
            "practitioner.update",
            "practitioner.retire",
        ],
    },
    RoleDecl {
        name: "integration",
        title: "Integration",
        words: "A program with a key that uses all of the FHIR interface.",
        permissions: &[
            "patient.read",
            "patient.create",
            "patient.update",
            "patient.retire",
            "practitioner.read",
            "practitioner.create",
            "practitioner.update",
            "practitioner.retire",
            "document.read",
            "document.create",
            "document.update",
            "document.retire",
        ],
    },
    RoleDecl {
        name: "emergency-care",
        title: "Emergency: open a record of care",
        words: "For some minutes, opens patients and their clinical documents to somebody whose own role does not.",
        permissions: &["patient.read", "practitioner.read", "document.read"],
    },
    RoleDecl {
        name: FURNISH,
        title: "Demonstration",
        words: "Furnishes a demonstration with people who do not exist. It adds, and reads nothing.",
        permissions: &["patient.create", "practitioner.create", "document.create"],
    },
];
