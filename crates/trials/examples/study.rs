//! peek
fn main() {
    for f in std::env::args().skip(1) {
        let (f, p, s, r, c) = trials::design::peek(&std::fs::read(f).unwrap());
        println!("findings {} proposals {} visits {} cells {} events {:?} {c:?}", f.len(), p.len(), s.visits.len(), s.cells.len(), s.events.len());
        for x in f.iter().take(60) { println!("  {:?} {} {} {}", x.severity, x.rule, x.path, x.words); }
        for v in s.visits.iter().take(14) { println!("  V{} {} {:?} {:?} {}", v.number, v.name, v.day, v.window, v.epoch); }
        for x in r { println!("  R {} {:?} {:?} | {}", x.words, x.step, x.target, x.reason); }
    }
}
