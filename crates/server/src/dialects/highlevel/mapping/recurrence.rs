//! When a schedule makes its invoices: once at an instant, or again and again by a rule, in the time zone of the location.
//!
//! Pure: what is next follows from the rule, from what was made last and from how many were made; no clock is asked here.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};
use serde_json::{Map, Value};

use super::super::wire::requests::stored::MONTHS;
use super::super::wire::shape::{day, instant, object, text, whole};

type Members = Map<String, Value>;

/// The year after which nothing recurs: that of the last date that is read anywhere in this dialect.
const LAST_YEAR: i16 = 2199;

/// The most steps from the start of a rule to what is wanted of it: three hundred years of days.
const MOST_STEPS: i64 = 110_000;

/// When a schedule makes invoices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Timing {
    /// Once.
    Once(Timestamp),
    /// By a rule.
    Repeated(Rule),
}

/// A rule by which days follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    step: Step,
    interval: i64,
    start: Date,
    time: Time,
    days_before: i64,
    last: Option<(Date, Time)>,
    count: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Days,
    /// Weeks, on this day of the week.
    Weeks(Weekday),
    /// Months, on this day in each.
    Months(DayInMonth),
    /// Years, in this month, on this day in it.
    Years(i8, DayInMonth),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DayInMonth {
    /// The day of this number, or the last of a shorter month.
    Numbered(i8),
    /// The last day.
    Last,
    /// The first, second, ... or with -1 the last of such weekdays.
    Nth(i8, Weekday),
}

/// One making of an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// When it is made.
    pub at: Timestamp,
    /// The day that the invoice is dated, and the first of the days after which it is due.
    pub issued: Date,
    /// The day of the rule: the same, unless the invoice is made some days before.
    pub day: Date,
}

impl Timing {
    /// Reads the `schedule` of a checked request, or says what is wrong with it.
    pub fn read(schedule: &Members) -> Result<Timing, String> {
        if let Some(rule) = object(schedule, "rrule") {
            return Rule::read(rule).map(Timing::Repeated);
        }
        match instant(schedule, "executeAt") {
            Some(at) => Ok(Timing::Once(at)),
            None => Err("schedule must have rrule or executeAt".to_owned()),
        }
    }

    /// The first run on or after a day and after an instant, when so many were made before.
    pub fn next(&self, zone: &TimeZone, from: Date, after: Option<Timestamp>, made: i64) -> Option<Run> {
        let fits = |run: &Run| run.issued >= from && after.is_none_or(|after| run.at > after);
        match self {
            Timing::Once(at) => {
                let issued = zone.to_datetime(*at).date();
                let run = Run {
                    at: *at,
                    issued,
                    day: issued,
                };
                Some(run).filter(|run| made == 0 && fits(run))
            }
            Timing::Repeated(rule) => {
                let left = rule.count.is_none_or(|count| made < count);
                left.then(|| rule.runs(zone).find(fits)).flatten()
            }
        }
    }
}

impl Rule {
    fn read(rule: &Members) -> Result<Rule, String> {
        let start = day(rule, "startDate").ok_or("schedule.rrule.startDate must be a date")?;
        let time = time_of(rule, "startTime")?.unwrap_or(Time::midnight());
        let weekday = text(rule, "dayOfWeek").and_then(weekday_of);
        let nth = whole(rule, "numOfWeek")
            .filter(|nth| *nth != 0)
            .and_then(|nth| i8::try_from(nth).ok());
        let number = whole(rule, "dayOfMonth")
            .filter(|number| *number != 0)
            .and_then(|number| i8::try_from(number).ok());
        let in_month = match (nth, weekday, number) {
            (Some(nth), Some(weekday), _) => DayInMonth::Nth(nth, weekday),
            (_, _, Some(-1)) => DayInMonth::Last,
            (_, _, Some(number)) => DayInMonth::Numbered(number),
            (_, _, None) => DayInMonth::Numbered(start.day()),
        };
        let step = match text(rule, "intervalType") {
            Some("daily") => Step::Days,
            Some("weekly") => Step::Weeks(weekday.unwrap_or(start.weekday())),
            Some("monthly") => Step::Months(in_month),
            Some("yearly") => {
                let month = text(rule, "monthOfYear").and_then(month_of);
                Step::Years(month.unwrap_or(start.month()), in_month)
            }
            Some(_) | None => {
                let problem =
                    "schedule.rrule.intervalType must be daily, weekly, monthly or yearly: an invoice has a day";
                return Err(problem.to_owned());
            }
        };
        let ends = text(rule, "endType");
        let by_count = matches!(ends, None | Some("after" | "count"));
        let by_day = matches!(ends, None | Some("by"));
        let end_time = time_of(rule, "endTime")?.unwrap_or(Time::constant(23, 59, 59, 0));
        let count = whole(rule, "count").filter(|_| by_count);
        let last = day(rule, "endDate").filter(|_| by_day).map(|last| (last, end_time));
        match ends {
            Some("after" | "count") if count.is_none() => Err("schedule.rrule.count should not be empty".to_owned()),
            Some("by") if last.is_none() => Err("schedule.rrule.endDate should not be empty".to_owned()),
            _ => Ok(Rule {
                step,
                interval: whole(rule, "interval").unwrap_or(1),
                start,
                time,
                days_before: whole(rule, "daysBefore").unwrap_or(0),
                last,
                count,
            }),
        }
    }

    fn runs<'a>(&'a self, zone: &'a TimeZone) -> impl Iterator<Item = Run> + 'a {
        let periods = (0..MOST_STEPS).map_while(|step| self.period(step));
        let days = periods
            .take_while(|(first, _)| self.goes_on(*first))
            .filter_map(|(_, day)| day);
        days.filter(|day| *day >= self.start && self.goes_on(*day))
            .filter_map(|day| {
                let issued = day.checked_sub(self.days_before.days()).ok()?;
                Some(Run {
                    at: zone.to_timestamp(issued.to_datetime(self.time)).ok()?,
                    issued,
                    day,
                })
            })
    }

    /// Whether the rule has not ended by a day.
    fn goes_on(&self, day: Date) -> bool {
        day.year() <= LAST_YEAR && self.last.is_none_or(|last| (day, self.time) <= last)
    }

    /// The first day of a step's period, and the day in it, if it has such a day.
    fn period(&self, step: i64) -> Option<(Date, Option<Date>)> {
        let ahead = |start: Date, span: Span| start.checked_add(span).ok();
        let steps = step.checked_mul(self.interval)?;
        match self.step {
            Step::Days => {
                let day = ahead(self.start, steps.days())?;
                Some((day, Some(day)))
            }
            Step::Weeks(weekday) => {
                let until = self.start.weekday().until(weekday);
                let day = ahead(self.start, steps.checked_mul(7)?.checked_add(i64::from(until))?.days())?;
                Some((day, Some(day)))
            }
            Step::Months(in_month) => {
                let month = ahead(self.start.first_of_month(), steps.months())?;
                Some((month, in_month.of(month)))
            }
            Step::Years(number, in_month) => {
                let year = ahead(self.start.first_of_year(), steps.years())?;
                let month = ahead(year, i64::from(number - 1).months())?;
                Some((year, in_month.of(month)))
            }
        }
    }
}

impl DayInMonth {
    fn of(self, first: Date) -> Option<Date> {
        let last = first.last_of_month();
        match self {
            DayInMonth::Numbered(number) => first.with().day(number.min(last.day())).build().ok(),
            DayInMonth::Last => Some(last),
            DayInMonth::Nth(nth, weekday) => first.nth_weekday_of_month(nth, weekday).ok(),
        }
    }
}

/// A time of day, HH:mm:ss or HH:mm.
fn time_of(rule: &Members, name: &str) -> Result<Option<Time>, String> {
    match text(rule, name).filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => match text.parse() {
            Ok(time) => Ok(Some(time)),
            Err(_) => Err(format!("schedule.rrule.{name} must be a time in the form HH:mm:ss")),
        },
    }
}

fn weekday_of(text: &str) -> Option<Weekday> {
    Some(match text {
        "mo" => Weekday::Monday,
        "tu" => Weekday::Tuesday,
        "we" => Weekday::Wednesday,
        "th" => Weekday::Thursday,
        "fr" => Weekday::Friday,
        "sa" => Weekday::Saturday,
        "su" => Weekday::Sunday,
        _ => return None,
    })
}

fn month_of(text: &str) -> Option<i8> {
    let place = MONTHS.iter().position(|month| *month == text)?;
    i8::try_from(place + 1).ok()
}

#[cfg(test)]
mod tests;
