//! A change in steps: each state judged after every state before it.
//!
//! Clients may still hold what was true several steps ago, so that it is not enough to compare a
//! step with the one before it. The verdict is the worst of all, and its report is the one shown.

use super::assess;
use crate::ctx::Ctx;
use crate::input::plan::Plan;
use crate::rule::Rules;
use crate::wire::assessment::{Assessment, Verdict};
use crate::wire::plan::PlannedStep;

/// The assessment of the worst two states of a plan; `None` where it has no step.
pub fn assess_plan(plan: &Plan, rules: &Rules, ctx: &Ctx<'_>) -> Option<Assessment> {
    let names = plan.names();
    let mut worst: Option<Assessment> = None;
    let mut steps = Vec::new();
    for (to, name) in names.iter().enumerate().skip(1) {
        let mut step: Option<PlannedStep> = None;
        for (from, after) in names.iter().enumerate().take(to) {
            if ctx.is_canceled() {
                return worst;
            }
            let assessment = assess(&plan.case(from, to)?, rules, ctx);
            let verdict = assessment.verdict;
            if step.as_ref().is_none_or(|known| verdict > known.verdict) {
                step = Some(PlannedStep {
                    name: (*name).to_owned(),
                    verdict,
                    after: (*after).to_owned(),
                });
            }
            // Where nothing hurts, the whole change is shown.
            let whole = verdict == Verdict::Go && from == 0;
            if worst
                .as_ref()
                .is_none_or(|known| verdict > known.verdict || (whole && known.verdict == verdict))
            {
                worst = Some(assessment);
            }
        }
        steps.extend(step);
    }
    worst.map(|assessment| Assessment {
        steps,
        ..assessment
    })
}
