//! Days that follow from rules.

use jiff::civil::date;
use serde_json::json;

use super::*;

fn timing(schedule: Value) -> Result<Timing, String> {
    Timing::read(schedule.as_object().unwrap())
}

/// The first days of a rule.
fn days(rule: Value, most: usize) -> Vec<String> {
    let timing = timing(json!({"rrule": rule})).unwrap();
    let zone = TimeZone::UTC;
    let (mut found, mut after) = (Vec::new(), None);
    while found.len() < most
        && let Some(run) = timing.next(&zone, date(1900, 1, 1), after, found.len() as i64)
    {
        after = Some(run.at);
        found.push(run.issued.to_string());
    }
    found
}

#[test]
fn days_follow_the_rule() {
    let cases = [
        (
            json!({"intervalType": "daily", "interval": 10, "startDate": "2026-02-20"}),
            ["2026-02-20", "2026-03-02", "2026-03-12"],
        ),
        (
            json!({"intervalType": "weekly", "interval": 2, "startDate": "2026-03-15"}),
            ["2026-03-15", "2026-03-29", "2026-04-12"],
        ),
        (
            json!({"intervalType": "weekly", "interval": 1, "startDate": "2026-03-15", "dayOfWeek": "we"}),
            ["2026-03-18", "2026-03-25", "2026-04-01"],
        ),
        (
            json!({"intervalType": "monthly", "interval": 1, "startDate": "2026-01-31"}),
            ["2026-01-31", "2026-02-28", "2026-03-31"],
        ),
        (
            json!({"intervalType": "monthly", "interval": 1, "startDate": "2026-01-31", "dayOfMonth": 15}),
            ["2026-02-15", "2026-03-15", "2026-04-15"],
        ),
        (
            json!({"intervalType": "monthly", "interval": 3, "startDate": "2024-02-10", "dayOfMonth": -1}),
            ["2024-02-29", "2024-05-31", "2024-08-31"],
        ),
        (
            json!({"intervalType": "monthly", "interval": 1, "startDate": "2026-03-01", "dayOfWeek": "fr", "numOfWeek": -1}),
            ["2026-03-27", "2026-04-24", "2026-05-29"],
        ),
        (
            json!({"intervalType": "monthly", "interval": 1, "startDate": "2026-03-10", "dayOfWeek": "mo", "numOfWeek": 1}),
            ["2026-04-06", "2026-05-04", "2026-06-01"],
        ),
        (
            json!({"intervalType": "monthly", "interval": 1, "startDate": "2026-03-10", "dayOfMonth": 1, "numOfWeek": 0}),
            ["2026-04-01", "2026-05-01", "2026-06-01"],
        ),
        (
            json!({"intervalType": "yearly", "interval": 1, "startDate": "2024-02-29"}),
            ["2024-02-29", "2025-02-28", "2026-02-28"],
        ),
        (
            json!({"intervalType": "yearly", "interval": 2, "startDate": "2026-03-10", "monthOfYear": "jan", "dayOfMonth": 5}),
            ["2028-01-05", "2030-01-05", "2032-01-05"],
        ),
        (
            json!({"intervalType": "daily", "interval": 1, "startDate": "2026-03-10", "daysBefore": 10}),
            ["2026-02-28", "2026-03-01", "2026-03-02"],
        ),
    ];
    for (rule, expected) in cases {
        assert_eq!(days(rule.clone(), 3), expected, "{rule}");
    }
}

#[test]
fn rules_end() {
    let rule = |more: Value| {
        let mut rule =
            json!({"intervalType": "daily", "interval": 1, "startDate": "2026-03-10", "startTime": "12:00:00"});
        for (name, value) in more.as_object().unwrap() {
            rule[name] = value.clone();
        }
        rule
    };
    let cases = [
        (json!({"count": 2}), 2),
        (json!({"count": 2, "endType": "after"}), 2),
        (json!({"count": 2, "endType": "count"}), 2),
        (json!({"count": 2, "endType": "never"}), 9),
        (json!({"endDate": "2026-03-12"}), 3),
        (
            json!({"endDate": "2026-03-12", "endTime": "11:59:59", "endType": "by"}),
            2,
        ),
        (json!({"endDate": "2026-03-12", "count": 7}), 3),
        (json!({"endDate": "2026-03-12", "count": 7, "endType": "after"}), 7),
        (json!({"endDate": "2026-03-01"}), 0),
        (json!({"startDate": "2199-12-30"}), 2),
    ];
    for (more, expected) in cases {
        assert_eq!(days(rule(more.clone()), 9).len(), expected, "{more}");
    }
}

#[test]
fn what_cannot_be_read_is_said() {
    for (schedule, words) in [
        (json!({}), "rrule or executeAt"),
        (
            json!({"rrule": {"intervalType": "hourly", "interval": 1, "startDate": "2026-03-10"}}),
            "intervalType",
        ),
        (
            json!({"rrule": {"intervalType": "daily", "interval": 1, "startDate": "2026-03-10", "startTime": "noon"}}),
            "startTime",
        ),
        (
            json!({"rrule": {"intervalType": "daily", "interval": 1, "startDate": "2026-03-10", "endType": "by"}}),
            "endDate",
        ),
        (
            json!({"rrule": {"intervalType": "daily", "interval": 1, "startDate": "2026-03-10", "endType": "after"}}),
            "count",
        ),
    ] {
        let problem = timing(schedule).unwrap_err();
        assert!(problem.contains(words), "{problem}");
    }
}

#[test]
fn an_instant_comes_once_and_days_are_those_of_the_zone() {
    let once = timing(json!({"executeAt": "2026-03-10T23:30:00Z"})).unwrap();
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let run = once.next(&zone, date(2026, 3, 11), None, 0).unwrap();
    assert_eq!(run.issued, date(2026, 3, 11));
    assert_eq!(once.next(&zone, date(2026, 3, 12), None, 0), None);
    assert_eq!(once.next(&zone, date(2026, 3, 11), None, 1), None);
    let daily = timing(
        json!({"rrule": {"intervalType": "daily", "interval": 1, "startDate": "2026-03-28", "startTime": "02:30"}}),
    );
    let daily = daily.unwrap();
    // An hour that the zone leaves out comes an hour later.
    let run = daily.next(&zone, date(2026, 3, 29), None, 0).unwrap();
    assert_eq!(run.at.to_string(), "2026-03-29T01:30:00Z");
}
