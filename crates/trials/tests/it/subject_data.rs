//! Data about real people is seen on its way in; study definitions pass.

use trials::design::{Order, build};
use trials::rules::subject_data::{Certainty, Media, Reason, subject_data};

use crate::given::given;

fn reasons(bytes: &[u8], media: Media) -> Vec<Reason> {
    subject_data(bytes, media).into_iter().map(|seen| seen.reason).collect()
}

fn text(words: &str) -> Vec<Reason> {
    reasons(words.as_bytes(), Media::Text)
}

#[test]
fn the_given_studies_and_what_is_built_from_them_pass_except_the_data() {
    for (name, bytes) in given() {
        assert_eq!(subject_data(&bytes, Media::Json), [], "{name}");
        let built = build(&Order { subjects: 4, ..Order::new(&bytes) });
        for file in &built.files {
            let about_subjects = file.name == "testkit/clinical-data.xml"
                || (file.name.starts_with("data/")
                    && !["ta", "te", "ti", "ts", "tv", "relrec"]
                        .iter()
                        .any(|own| file.name.starts_with(&format!("data/{own}."))));
            let seen = subject_data(&file.bytes, Media::Unknown);
            if about_subjects {
                assert!(seen.iter().any(|seen| seen.certainty == Certainty::Certain), "{name}: {} passes", file.name);
            } else if file.name != "testkit/expected.csv" && file.name != "define.xsl" {
                assert_eq!(seen, [], "{name}: {}", file.name);
            }
        }
    }
}

#[test]
fn words_of_a_protocol_pass() {
    for words in [
        "Born on or before 1 January 1950.",
        "Protocol number 943-476-5919 is no identifier.",
        "Contact the hotline, phone +1 312 555 0199, or fax 312 555 0107.",
        "CAS 58-08-2; lot 123-456-7890; NCT03421379; IND 104,832; 10 mg/kg on Day 1 (12 March 2006).",
        "Subjects are identified by a patient number that the system gives; the date of birth is asked at visit 1.",
        "Version 2.0, 12 March 2006. Subject: Protocol Amendment",
        "A 45-year-old man would be dosed with 54 mg.",
        "Dr Eli Lilly signed on 12 March 2006.",
        "ISBN 978 0 306 40615 7, DOI 10.1056/NEJMoa2034577, 1234567890",
        "NHS trusts take part; 2024-01-01 to 2025-01-01.",
    ] {
        assert_eq!(subject_data(words.as_bytes(), Media::Text), [], "{words}");
    }
}

#[test]
fn a_schedule_that_asks_for_birth_dates_passes() {
    let schedule =
        "Activity,Screening,Week 2,Week 4\nDate of birth,X,,\nSubject number,X,X,X\nMRN check,X,,\n12-lead ECG,X,,X\n";
    assert_eq!(subject_data(schedule.as_bytes(), Media::Csv), []);
}

#[test]
fn identifiers_beside_their_words_are_seen() {
    let check = |words: &str, reason: Reason| assert!(text(words).contains(&reason), "{words}: {:?}", text(words));
    check("NHS number 943 476 5919", Reason::NationalNumber);
    check("nhs no: 9434765919", Reason::NationalNumber);
    check("943 476 5919", Reason::NationalNumber);
    check("The patient (NHS 943\u{a0}476\u{a0}5919) fell.", Reason::NationalNumber);
    check("The patient (NHS 943\u{200b}4765919) fell.", Reason::NationalNumber);
    check("SSN 219-09-9999", Reason::NationalNumber);
    check("social security number: 219099999", Reason::NationalNumber);
    check("RSSMRA85T10A562S", Reason::NationalNumber);
    check("811228-9874", Reason::NationalNumber);
    check("131052-308T", Reason::NationalNumber);
    check("PESEL 44051401359", Reason::NationalNumber);
    check("MRN: 00482913", Reason::RecordNumber);
    check("Hospital no. A-1234567", Reason::RecordNumber);
    check("DOB 12/03/1965", Reason::BirthDate);
    check("date of birth: 12 March 1965", Reason::BirthDate);
    check("born on March 12, 1965 in Leeds", Reason::BirthDate);
    check("Patient: Anna Schmidt, seen 12.03.2021", Reason::NamedPatient);
    check("Patient name: Anna Schmidt", Reason::NamedPatient);
    check("Mr. John Smith was seen on 2021-03-12", Reason::NamedPatient);
    check("A 45-year-old white man came on 12 March 2021 with pain.", Reason::Narrative);
}

#[test]
fn a_wrong_check_digit_is_no_national_number() {
    assert_eq!(text("NHS number 943 476 5918"), []);
    assert_eq!(text("SSN 666-09-9999 and 000-12-3456"), []);
    assert_eq!(text("RSSMRA85T10A562T"), []);
}

#[test]
fn tables_with_an_identifier_column_are_seen() {
    let check = |table: &str| assert!(reasons(table.as_bytes(), Media::Csv).contains(&Reason::SubjectTable), "{table}");
    check("STUDYID,DOMAIN,USUBJID,AGE\nX,DM,X-01-001,54\n");
    check("Subject ID;Visit;Weight\n1001;1;80\n1002;1;75\n");
    check("title\n\nMRN\tname\n4829134\tAnna\n");
    let names = "Patient name,Weight\nAnna Schmidt,80\nOle Olsen,75\n";
    assert!(reasons(names.as_bytes(), Media::Csv).contains(&Reason::NamedPatient));
    let births = "initials,dob\nAS,1965-03-12\n";
    assert!(reasons(births.as_bytes(), Media::Csv).contains(&Reason::BirthDate));
}

#[test]
fn clinical_formats_are_seen_whatever_they_are_called() {
    let check = |bytes: &str, reason: Reason| {
        for media in [Media::Json, Media::Xml, Media::Csv, Media::Text, Media::Unknown] {
            assert!(reasons(bytes.as_bytes(), media).contains(&reason), "{bytes}");
        }
    };
    check(r#"{"resourceType":"Patient","birthDate":"1965-03-12"}"#, Reason::ClinicalRecord);
    check(r#"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Observation"}}]}"#, Reason::ClinicalRecord);
    check("{\"resourceType\":\"Patient\"}\n{\"resourceType\":\"Patient\"}\n", Reason::ClinicalRecord);
    check(r#"<Patient xmlns="http://hl7.org/fhir"><id value="1"/></Patient>"#, Reason::ClinicalRecord);
    check("MSH|^~\\&|A|B\rPID|1||4829134\r", Reason::ClinicalRecord);
    check(
        r#"<ODM><ClinicalData StudyOID="S"><SubjectData SubjectKey="001"/></ClinicalData></ODM>"#,
        Reason::OdmSubjects,
    );
    check(r#"<o:ODM xmlns:o="x"><o:ReferenceData><o:ItemGroupData/></o:ReferenceData></o:ODM>"#, Reason::OdmSubjects);
    check(r#"{"datasetJSONVersion":"1.1.0","columns":[{"name":"USUBJID"}],"rows":[["1"]]}"#, Reason::SubjectTable);
    check(r#"{"study":{"note":{"USUBJID":"X-01-001"}}}"#, Reason::SubjectTable);
    check(r#"{"people":[{"given":"Anna","dateOfBirth":"1965-03-12"}]}"#, Reason::BirthDate);
    check("<form><dateOfBirth>1965-03-12</dateOfBirth></form>", Reason::BirthDate);
}

#[test]
fn sixteen_bit_text_is_read() {
    let mut bytes = vec![0xFF, 0xFE];
    bytes.extend("NHS number 943 476 5919".encode_utf16().flat_map(u16::to_le_bytes));
    assert!(reasons(&bytes, Media::Unknown).contains(&Reason::NationalNumber));
}

#[test]
fn the_value_is_never_repeated() {
    let seen = subject_data(b"{\"a\":\"NHS number 943 476 5919, DOB 12/03/1965\"}", Media::Json);
    assert_eq!(seen.len(), 2);
    for sighting in seen {
        assert_eq!(sighting.path, "/a");
        assert!(!sighting.words.contains("943") && !sighting.words.contains("1965"));
    }
}

#[test]
fn a_real_practice_bundle_is_seen() {
    let folder = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    for root in ["../../../shared/data/fhir/synthea", "../../../../shared/data/fhir/synthea"] {
        for entry in std::fs::read_dir(folder.join(root)).into_iter().flatten().flatten() {
            let bytes = std::fs::read(entry.path()).unwrap();
            if entry.file_name().to_string_lossy().starts_with("practitioner") {
                assert_eq!(reasons(&bytes, Media::Json), [], "a list of practitioners is about nobody's health");
                continue;
            }
            assert!(reasons(&bytes, Media::Json).contains(&Reason::ClinicalRecord));
        }
    }
}

#[test]
fn hostile_bytes_are_only_looked_at() {
    let deep = "[".repeat(100_000);
    let odd: [&[u8]; 6] = [b"", b"PK\x03\x04", b"\xff\xfe\x00", b"<", deep.as_bytes(), b"HEADER RECORD*******LIB"];
    for bytes in odd {
        subject_data(bytes, Media::Unknown);
    }
    let dates = "dob 1/1/".repeat(20_000);
    subject_data(dates.as_bytes(), Media::Text);
}
