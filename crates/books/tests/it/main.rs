//! The books through their facade, on every engine: what they answer, what they write, and what is found when it is changed.

#[cfg(test)]
mod cuts;
#[cfg(test)]
mod engines;
#[cfg(test)]
mod erase;
#[cfg(test)]
mod granting;
#[cfg(test)]
mod groups;
#[cfg(test)]
mod histories;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod moving;
#[cfg(test)]
mod periods;
#[cfg(test)]
mod places;
#[cfg(test)]
mod plans;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod races;
#[cfg(test)]
mod reports;
#[cfg(test)]
mod resources;
#[cfg(test)]
mod restart;
#[cfg(test)]
mod rewrites;
#[cfg(test)]
mod rich;
#[cfg(test)]
mod setup;
#[cfg(test)]
mod tamper;
#[cfg(test)]
mod together;
#[cfg(test)]
mod troubles;
#[cfg(test)]
mod working_set;
