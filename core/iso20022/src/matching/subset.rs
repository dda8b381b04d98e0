//! Finds the transactions behind an amount when a bank books only their sum.

/// Steps that all searches of one payment file may take together.
pub(super) const STEPS: u64 = 2_000_000;

/// The only selection of amounts with the sum `target`, as indexes; `None` if there is none or several, or if the steps
/// do not suffice to decide. The amounts are above zero. With `count`, only selections of that many amounts count.
pub(super) fn only_selection(
    amounts: &[i128],
    target: i128,
    count: Option<usize>,
    steps: &mut u64,
) -> Option<Vec<usize>> {
    let total = amounts.iter().try_fold(0_i128, |sum, one| sum.checked_add(*one))?;
    let rest = total.checked_sub(target).filter(|rest| *rest >= 0)?;
    if target <= 0 || amounts.iter().any(|one| *one <= 0) {
        return None;
    }
    // Usually few are missing: the search looks for those instead.
    let (wanted, of_missing) = if rest < target { (rest, true) } else { (target, false) };
    let wanted_count = match count {
        Some(count) if of_missing => Some(amounts.len().checked_sub(count)?),
        other => other,
    };
    let mut order: Vec<usize> = (0..amounts.len()).filter(|at| amounts[*at] <= wanted).collect();
    order.sort_unstable_by_key(|at| amounts[*at]);
    let sorted: Vec<i128> = order.iter().map(|at| amounts[*at]).collect();
    let sums: Vec<i128> = std::iter::once(0)
        .chain(sorted.iter().scan(0, |sum, one| {
            *sum += one;
            Some(*sum)
        }))
        .collect();
    let mut search = SubsetSearch { sorted: &sorted, sums: &sums, found: None, several: false, steps };
    search.run(wanted, wanted_count);
    let found = search.found.filter(|_| !search.several)?;
    let mut selected = vec![of_missing; amounts.len()];
    for at in found {
        selected[order[at]] = !of_missing;
    }
    Some((0..amounts.len()).filter(|at| selected[*at]).collect())
}

struct SubsetSearch<'s> {
    /// The amounts, the smallest first.
    sorted: &'s [i128],
    /// The sums of the first amounts: of zero, of one, …
    sums: &'s [i128],
    found: Option<Vec<usize>>,
    /// Whether there is more than one selection, or the steps did not suffice.
    several: bool,
    steps: &'s mut u64,
}

/// One choice of a selection: the candidates, and the sum still missing.
struct SearchLevel {
    /// The first amount to choose from.
    begin: usize,
    /// The amount chosen last; those below it are still to be tried.
    at: usize,
    /// The sum of this choice and the following ones, and their number.
    target: i128,
    count: Option<usize>,
}

impl SubsetSearch<'_> {
    /// Chooses from all amounts those with the sum `target`. The levels are an explicit list: a selection may hold more
    /// amounts than a thread's stack allows.
    fn run(&mut self, target: i128, count: Option<usize>) {
        if target == 0 {
            self.found = count.is_none_or(|count| count == 0).then(Vec::new);
            return;
        }
        if count == Some(0) {
            return;
        }
        let mut levels = vec![self.level(self.sorted.len(), target, count)];
        while let Some(level) = levels.last_mut() {
            if level.at == level.begin || self.sums[level.at] < level.target {
                levels.pop();
                continue;
            }
            let Some(left) = self.steps.checked_sub(1) else {
                self.several = true;
                return;
            };
            *self.steps = left;
            level.at -= 1;
            let at = level.at;
            if self.more_equal_than_needed(level) {
                self.several = true;
                return;
            }
            let (target, count) = (level.target - self.sorted[at], level.count.map(|count| count - 1));
            if target == 0 && count.is_none_or(|count| count == 0) {
                self.several |= self.found.is_some();
                self.found = Some(levels.iter().map(|level| level.at).collect());
                if self.several {
                    return;
                }
            } else if target > 0 && count != Some(0) {
                levels.push(self.level(at, target, count));
            }
        }
    }

    /// A choice from the first `end` amounts.
    fn level(&self, end: usize, target: i128, count: Option<usize>) -> SearchLevel {
        let end = self.sorted[..end].partition_point(|one| *one <= target);
        // The last one of a count can be looked up.
        let begin = if count == Some(1) { self.sorted[..end].partition_point(|one| *one < target) } else { 0 };
        SearchLevel { begin, at: end, target, count }
    }

    /// Whether only some of the amounts equal to the chosen one are needed, so that the selection is ambiguous.
    fn more_equal_than_needed(&self, level: &SearchLevel) -> bool {
        let amount = self.sorted[level.at];
        if level.target % amount != 0 {
            return false;
        }
        let needed = level.target / amount;
        let first = self.sorted[..level.at].partition_point(|one| *one < amount);
        let equal = (level.at - first) as i128 + 1;
        equal > needed && level.count.is_none_or(|count| count as i128 == needed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn finds_what_is_paid() {
        let mut steps = STEPS;
        assert_eq!(only_selection(&[100, 250, 75], 350, None, &mut steps), Some(vec![0, 1]));
        assert_eq!(only_selection(&[100, 250, 75], 75, None, &mut steps), Some(vec![2]));
        assert_eq!(only_selection(&[100, 250, 75], 425, None, &mut steps), Some(vec![0, 1, 2]));
        assert_eq!(only_selection(&[100, 100, 75], 175, None, &mut steps), None);
        assert_eq!(only_selection(&[100, 200, 300], 300, None, &mut steps), None);
        assert_eq!(only_selection(&[100, 200, 300], 300, Some(1), &mut steps), Some(vec![2]));
        assert_eq!(only_selection(&[100, 0], 100, None, &mut steps), None);
        assert_eq!(only_selection(&[100], 500, None, &mut steps), None);
    }

    #[test]
    fn costs_at_most_the_steps() {
        let amounts: Vec<i128> = (0..100_000).map(|at| 1_000_000 + at * 2).collect();
        let mut steps = 10_000;
        assert_eq!(only_selection(&amounts, 33_000_001, None, &mut steps), None);
        assert_eq!(steps, 0);
        // One missing among many is found at once.
        let (mut steps, total) = (STEPS, amounts.iter().sum::<i128>());
        let selected = only_selection(&amounts, total - amounts[70], Some(99_999), &mut steps).map(|found| found.len());
        assert_eq!((selected, steps), (Some(99_999), STEPS - 1));
    }

    #[test]
    fn large_selections_need_no_stack() {
        let small_stack = std::thread::Builder::new().stack_size(64 * 1024);
        let searching = small_stack.spawn(|| {
            let equal = vec![10_000_i128; 100_000];
            let (mut steps, mut rest) = (STEPS, STEPS);
            let of_equal = only_selection(&equal, 600_000_000, None, &mut steps);
            // Half of 1 + 2 + … + 100,000: the first selection found holds some 29,000 of them.
            let different: Vec<i128> = (1..=100_000).collect();
            let of_different = only_selection(&different, 2_500_025_000, None, &mut rest);
            (of_equal, STEPS - steps, of_different, STEPS - rest)
        });
        let (of_equal, few, of_different, many) = searching.unwrap().join().unwrap();
        assert_eq!((of_equal, few, of_different), (None, 1, None));
        assert!(many > 29_000 && many < STEPS, "{many} steps");
    }

    proptest! {
        #[test]
        fn agrees_with_all_selections(
            amounts in proptest::collection::vec(1_i128..30, 1..10), target in 1_i128..120, counted in any::<bool>(),
            count in 0_usize..10,
        ) {
            let count = counted.then_some(count);
            let chosen = |bits: u32| (0..amounts.len()).filter(|at| bits >> at & 1 == 1).collect::<Vec<_>>();
            let fits = |one: &Vec<usize>| {
                one.iter().map(|at| amounts[*at]).sum::<i128>() == target && count.is_none_or(|count| one.len() == count)
            };
            let all: Vec<Vec<usize>> = (0..1_u32 << amounts.len()).map(chosen).filter(fits).collect();
            let only = if let [only] = all.as_slice() { Some(only.clone()) } else { None };
            prop_assert_eq!(only_selection(&amounts, target, count, &mut STEPS.clone()), only);
        }
    }
}
