//! Faults that a test plans for messages to clients.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::lock::Mutex;

/// The planned faults. A delivery is one message for one connection.
#[derive(Debug, Default)]
pub(crate) struct Deliveries {
    /// The number of plans, so that a delivery takes no lock while there are none.
    planned: AtomicUsize,
    plans: Mutex<Vec<Plan>>,
}

#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) fate: Fate,
    pub(crate) left: u32,
    /// The plan applies to this connection only.
    pub(crate) connection: Option<Arc<str>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The message counts as sent but is not written.
    Drop,
    /// The message is sent later, so others overtake it.
    Delay(Duration),
    /// The message is written twice.
    Repeat,
}

impl Deliveries {
    pub(crate) fn plan(&self, plan: Plan) {
        let mut plans = self.plans.lock();
        if plan.left > 0 {
            plans.push(plan);
        }
        self.planned.store(plans.len(), Ordering::Release);
    }

    pub(crate) fn clear(&self) {
        let mut plans = self.plans.lock();
        plans.clear();
        self.planned.store(0, Ordering::Release);
    }

    /// Takes the fault for a delivery from the oldest plan that matches.
    pub(crate) fn fate(&self, connection: &str) -> Option<Fate> {
        if self.planned.load(Ordering::Acquire) == 0 {
            return None;
        }
        let mut plans = self.plans.lock();
        let fits = |plan: &Plan| plan.connection.as_deref().is_none_or(|id| id == connection);
        let index = plans.iter().position(fits)?;
        let plan = &mut plans[index];
        let fate = plan.fate;
        plan.left -= 1;
        if plan.left == 0 {
            plans.remove(index);
        }
        self.planned.store(plans.len(), Ordering::Release);
        Some(fate)
    }

    pub(crate) fn to_json(&self) -> Value {
        self.plans.lock().iter().map(Plan::to_json).collect()
    }
}

impl Plan {
    fn to_json(&self) -> Value {
        let mut shown = json!({
            "fate": self.fate.name(),
            "left": self.left,
            "connection": self.connection.as_deref(),
        });
        if let Fate::Delay(delay) = self.fate {
            shown["ms"] = json!(delay.as_millis() as u64);
        }
        shown
    }
}

impl Fate {
    fn name(self) -> &'static str {
        match self {
            Self::Drop => "drop",
            Self::Delay(_) => "delay",
            Self::Repeat => "repeat",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(fate: Fate, left: u32, connection: Option<&str>) -> Plan {
        Plan {
            fate,
            left,
            connection: connection.map(Arc::from),
        }
    }

    #[test]
    fn plans_are_used_up_in_the_order_in_which_they_were_made() {
        let deliveries = Deliveries::default();
        deliveries.plan(plan(Fate::Drop, 2, None));
        deliveries.plan(plan(Fate::Repeat, 1, None));

        let fates: Vec<_> = (0..4).map(|_| deliveries.fate("c")).collect();

        assert_eq!(
            fates,
            [Some(Fate::Drop), Some(Fate::Drop), Some(Fate::Repeat), None]
        );
    }

    #[test]
    fn a_plan_for_one_connection_leaves_the_others_alone() {
        let deliveries = Deliveries::default();
        deliveries.plan(plan(Fate::Drop, 1, Some("a")));

        assert_eq!(deliveries.fate("b"), None);
        assert_eq!(deliveries.fate("a"), Some(Fate::Drop));
    }
}
