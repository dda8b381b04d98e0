//! The lanes of the work: they run at once, and none waits for another. The work ends when all of them have looked for
//! something to do after the last of them did something, and have found nothing.

use std::time::Duration;

use tokio::sync::watch;

/// The interval of checks for due work while other lanes are busy: another process may have left some.
pub(super) const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// A lane of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WorkLane {
    /// Questions to the bank about sessions.
    Questions,
    /// Notices for the bank.
    Notices,
    /// The ends of sessions and callbacks whose time is over.
    Expiry,
    /// Reports to the hub.
    Reports,
}

const LANES: usize = 4;

/// The state of a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LaneStand {
    Busy,
    /// It found nothing to do; it began to look at this change.
    Idle(u64),
    Finished,
}

#[derive(Debug)]
struct LaneStands {
    /// The number of looks that did something.
    changes: u64,
    lanes: [LaneStand; LANES],
}

impl LaneStands {
    fn are_done(&self) -> bool {
        self.lanes.iter().all(|lane| matches!(lane, LaneStand::Finished) || *lane == LaneStand::Idle(self.changes))
    }
}

/// The progress of the lanes of one call.
#[derive(Debug)]
pub(super) struct WorkLanes(watch::Sender<LaneStands>);

impl Default for WorkLanes {
    fn default() -> Self {
        Self(watch::Sender::new(LaneStands { changes: 0, lanes: [LaneStand::Busy; LANES] }))
    }
}

impl WorkLanes {
    /// A lane looks for something to do; returns what [`idle`](Self::idle) needs, and whether no other lane is busy.
    pub(super) fn begin(&self, lane: WorkLane) -> (u64, bool) {
        let mut begun = (0, false);
        self.0.send_if_modified(|stands| {
            stands.lanes[lane as usize] = LaneStand::Busy;
            let others = stands.lanes.iter().enumerate().filter(|(other, _)| *other != lane as usize);
            begun = (stands.changes, others.map(|(_, stand)| *stand).all(|stand| stand != LaneStand::Busy));
            false
        });
        begun
    }

    /// A lane has done something: the others look again.
    pub(super) fn changed(&self) {
        self.0.send_modify(|stands| stands.changes += 1);
    }

    /// A lane has found nothing to do, and waits until it should look again; false if all is done.
    pub(super) async fn idle(&self, lane: WorkLane, begun: u64, wake: &mut watch::Receiver<u64>) -> bool {
        self.0.send_modify(|stands| stands.lanes[lane as usize] = LaneStand::Idle(begun));
        let mut stands = self.0.subscribe();
        let news = stands.wait_for(|stands| stands.changes != begun || stands.are_done());
        tokio::select! {
            stands = news => return !stands.is_ok_and(|stands| stands.are_done()),
            _ = wake.changed() => {}
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
        !self.0.borrow().are_done()
    }

    /// A lane will not look again.
    pub(super) fn finish(&self, lane: WorkLane) {
        self.0.send_modify(|stands| stands.lanes[lane as usize] = LaneStand::Finished);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_look_again_after_the_last_change() {
        let (lanes, (_sender, mut wake)) = (WorkLanes::default(), watch::channel(0));
        for lane in [WorkLane::Notices, WorkLane::Expiry] {
            lanes.finish(lane);
        }
        let (reports, is_alone) = lanes.begin(WorkLane::Reports);
        assert!(!is_alone, "questions are being asked");
        let (questions, _) = lanes.begin(WorkLane::Questions);
        let mut other = wake.clone();
        let (again, is_over) = tokio::join!(lanes.idle(WorkLane::Reports, reports, &mut wake), async {
            lanes.changed();
            // It looked before its own change.
            lanes.idle(WorkLane::Questions, questions, &mut other).await
        });
        assert!(again && is_over, "both look again");
        let (reports, _) = lanes.begin(WorkLane::Reports);
        let (questions, _) = lanes.begin(WorkLane::Questions);
        let both = tokio::join!(
            lanes.idle(WorkLane::Reports, reports, &mut wake),
            lanes.idle(WorkLane::Questions, questions, &mut other)
        );
        assert_eq!(both, (false, false));
    }
}
