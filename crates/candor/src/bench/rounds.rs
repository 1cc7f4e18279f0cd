use std::time::Duration;

use model::Fault;

/// How long to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// For figures to be quoted.
    Full,
    /// To see whether anything is badly off.
    Quick,
}

impl Pace {
    /// One of two sizes.
    pub(super) fn pick<T>(self, full: T, quick: T) -> T {
        match self {
            Self::Full => full,
            Self::Quick => quick,
        }
    }

    /// Rounds that count.
    pub(super) fn rounds(self) -> usize {
        self.pick(7, 3)
    }

    /// How long a round by time lasts.
    pub(super) fn lasts(self) -> Duration {
        self.pick(Duration::from_secs(3), Duration::from_millis(700))
    }
}

/// What two sides reached in rounds that alternated.
#[derive(Debug, Default)]
pub(super) struct Pairs(Vec<(f64, f64)>);

impl Pairs {
    /// Ours.
    pub fn ours(&self) -> f64 {
        median(self.0.iter().map(|(ours, _)| *ours))
    }

    /// Theirs.
    pub fn theirs(&self) -> f64 {
        median(self.0.iter().map(|(_, theirs)| *theirs))
    }

    /// Ours divided by theirs: the median over the pairs, so that a slow minute of the machine counts on both sides.
    pub fn ratio(&self) -> f64 {
        median(self.0.iter().map(|(ours, theirs)| ours / theirs))
    }

    /// The least and the largest ratio.
    pub fn spread(&self) -> (f64, f64) {
        let ratios = self.0.iter().map(|(ours, theirs)| ours / theirs);
        ratios.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), ratio| (least.min(ratio), most.max(ratio)))
    }
}

/// Measures two sides in turn: one round each to warm up, then the rounds that count, now one first, now the other.
pub(super) async fn alternate(
    rounds: usize,
    mut ours: impl AsyncFnMut() -> Result<f64, Fault>,
    mut theirs: impl AsyncFnMut() -> Result<f64, Fault>,
) -> Result<Pairs, Fault> {
    ours().await?;
    theirs().await?;
    let mut pairs = Pairs::default();
    for round in 0..rounds {
        if round % 2 == 0 {
            let first = ours().await?;
            pairs.0.push((first, theirs().await?));
        } else {
            let first = theirs().await?;
            pairs.0.push((ours().await?, first));
        }
    }
    Ok(pairs)
}

/// The middle value; the mean of the two middle ones of an even number. NaN of nothing.
pub(super) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    match (values.len() % 2, values.get(middle.saturating_sub(1)), values.get(middle)) {
        (1, _, Some(middle)) => *middle,
        (0, Some(below), Some(above)) => f64::midpoint(*below, *above),
        _ => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_value() {
        assert_eq!(median([3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median([7.0]), 7.0);
        assert!(median([]).is_nan());
    }

    #[test]
    fn a_ratio_is_taken_within_each_pair() {
        let pairs = Pairs(vec![(1.0, 2.0), (100.0, 200.0), (9.0, 10.0)]);
        assert_eq!(pairs.ratio(), 0.5);
        assert_eq!(pairs.spread(), (0.5, 0.9));
    }
}
