//! The books through their facade, on both engines: what they answer, what they write, and what is found when it is changed.

mod engines;
mod erase;
mod groups;
mod histories;
mod plans;
mod races;
mod restart;
mod rich;
mod setup;
mod tamper;
