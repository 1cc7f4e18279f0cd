use super::*;

const SOA: &str = "Epoch,Screening,Treatment,,,Follow-up\n\
    Visit,V1,V2,V3,V4,V5\n\
    Day,-14,1,15,29,Day 57\n\
    Window,±3,,±2,-1/+3,±7\n\
    Informed consent,X,,,,\n\
    Safety,,,,,\n\
    Vital signs,X,X,Xa,X,\"x (a, b)\"\n\
    Haemoglobin,X,,,✓,call\n\
    \n\
    a. Seated for five minutes\n\
    b) \"Only, if needed\"\n";

fn soa() -> Plan {
    plan(&table(SOA.as_bytes()).unwrap()).unwrap()
}

#[test]
fn a_table_becomes_visits_with_days_windows_and_epochs() {
    let plan = soa();
    let told: Vec<_> =
        plan.visits.iter().map(|visit| (visit.label.as_str(), visit.day, visit.window, visit.epoch.as_str())).collect();
    assert_eq!(
        told,
        [
            ("V1", Some(-14), Some((3, 3)), "Screening"),
            ("V2", Some(0), None, "Treatment"),
            ("V3", Some(14), Some((2, 2)), "Treatment"),
            ("V4", Some(28), Some((1, 3)), "Treatment"),
            ("V5", Some(56), Some((7, 7)), "Follow-up"),
        ]
    );
}

#[test]
fn marks_carry_their_footnotes_and_doubts_are_told() {
    let plan = soa();
    let names: Vec<&str> = plan.activities.iter().map(|one| one.label.as_str()).collect();
    assert_eq!(names, ["Informed consent", "Vital signs", "Haemoglobin"]);
    assert_eq!(plan.activities[1].marks[2], (2, vec!["a".to_owned()]));
    assert_eq!(plan.activities[1].marks[4], (4, vec!["a".to_owned(), "b".to_owned()]));
    assert_eq!(plan.notes.len(), 2);
    for words in ["“Safety” has no mark", "“call” beside “Haemoglobin”"] {
        assert!(plan.doubts.iter().any(|doubt| doubt.contains(words)), "{words} in {:?}", plan.doubts);
    }
}

#[test]
fn the_study_of_a_table_has_its_schedule() {
    let beginning = Beginning { title: "T".into(), identifier: "I".into(), ..Beginning::default() };
    let protocol = study(&soa(), &beginning).unwrap();
    let matrix = super::super::matrix::Matrix::of(&protocol);
    let columns: Vec<_> = matrix.columns.iter().map(|one| (one.label.as_str(), one.days)).collect();
    assert_eq!(columns, [("V1", Some(-14)), ("V2", Some(0)), ("V3", Some(14)), ("V4", Some(28)), ("V5", Some(56))]);
    assert_eq!(matrix.rows.len(), 3);
    assert_eq!(matrix.mark_at(1, 4).map(|mark| mark.notes.len()), Some(2));
    assert_eq!(
        matrix.epochs.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["Screening", "Treatment", "Follow-up"]
    );
}

#[test]
fn what_is_no_schedule_is_refused_in_words() {
    for bytes in [&b""[..], b"\n\n", b"a,b\nc,d", b"PK\x03\x04 and no more", b"\xff\xfe"] {
        let answer = table(bytes).and_then(|table| plan(&table));
        assert!(answer.is_err(), "{bytes:?}");
    }
}

#[test]
fn days_weeks_and_windows_are_read_as_people_write_them() {
    for (text, days) in [("Day 1", 0), ("Day -7", -7), ("Day −7", -7), ("Week 4", 28), ("Wk 2", 14), ("Baseline", 0)]
    {
        assert_eq!(day(text), Some(days), "{text}");
    }
    assert_eq!(day("End of study"), None);
    for (text, days) in [("±3", (3, 3)), ("+/- 1 week", (7, 7)), ("-2/+5 days", (2, 5)), ("−1/+2", (1, 2))] {
        assert_eq!(window(text), Some(days), "{text}");
    }
    assert_eq!(window("V2"), None);
}
