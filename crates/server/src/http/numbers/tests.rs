//! Tables of exact digits, in and out.

use super::*;

fn decimal(text: &str) -> Decimal {
    Decimal::from_str_exact(text).unwrap()
}

#[test]
fn numbers_are_written_short() {
    let table = [
        ("50.00", "50"),
        ("50.50", "50.5"),
        ("-0.00", "0"),
        ("0", "0"),
        ("-0.0010", "-0.001"),
        ("100", "100"),
        ("79228162514264337593543950335", "79228162514264337593543950335"),
        ("0.0000000000000000000000000001", "0.0000000000000000000000000001"),
    ];
    for (given, written) in table {
        assert_eq!(number(decimal(given)).to_string(), written, "{given}");
    }
}

#[test]
fn minor_units_are_written_with_their_places() {
    let table = [
        (5000, 2, "50.00", "50.0"),
        (5055, 2, "50.55", "50.55"),
        (5050, 2, "50.50", "50.5"),
        (5, 2, "0.05", "0.05"),
        (-5, 2, "-0.05", "-0.05"),
        (0, 2, "0.00", "0.0"),
        (50, 0, "50", "50.0"),
        (1, 3, "0.001", "0.001"),
        (-12_340, 4, "-1.2340", "-1.234"),
        (i64::MAX, 2, "92233720368547758.07", "92233720368547758.07"),
        (i64::MIN, 2, "-92233720368547758.08", "-92233720368547758.08"),
        (i64::MIN, 0, "-9223372036854775808", "-9223372036854775808.0"),
    ];
    for (minor, exponent, all_places, python) in table {
        assert_eq!(fixed(minor, exponent).to_string(), all_places, "{minor} {exponent}");
        assert_eq!(fixed_text(minor, exponent), all_places);
        assert_eq!(python_float(minor, exponent).to_string(), python, "{minor} {exponent}");
    }
}

#[test]
fn json_numbers_are_read_exactly() {
    use NumberError::{NotANumber, TooLarge, TooManyPlaces};
    let table: &[(&str, Result<&str, NumberError>)] = &[
        ("0", Ok("0")),
        ("-0.0", Ok("0.0")),
        ("50", Ok("50")),
        ("2.50", Ok("2.50")),
        ("0.1", Ok("0.1")),
        ("-12.345", Ok("-12.345")),
        ("1e2", Ok("100")),
        ("1.5E+3", Ok("1500")),
        ("1.5e-3", Ok("0.0015")),
        ("1e28", Ok("10000000000000000000000000000")),
        ("1e-28", Ok("0.0000000000000000000000000001")),
        ("1e29", Err(TooLarge)),
        ("1e-29", Err(TooManyPlaces)),
        ("10e-29", Ok("0.0000000000000000000000000001")),
        ("1e999999999999999999999", Err(TooLarge)),
        ("1e-999999999999999999999", Err(TooManyPlaces)),
        ("0e999999999999999999999", Ok("0")),
        ("79228162514264337593543950335", Ok("79228162514264337593543950335")),
        ("-79228162514264337593543950335", Ok("-79228162514264337593543950335")),
        ("79228162514264337593543950336", Err(TooLarge)),
        ("0.12345678901234567890123456789", Err(TooManyPlaces)),
        ("99999999999999999999.1234567890123", Err(TooManyPlaces)),
        (
            "99999999999999999999.0000000000000000000000000",
            Ok("99999999999999999999.00000000"),
        ),
        ("true", Err(NotANumber)),
        ("null", Err(NotANumber)),
        ("[]", Err(NotANumber)),
        ("{}", Err(NotANumber)),
        ("\"5\"", Err(NotANumber)),
    ];
    for (text, expected) in table {
        let value: Value = serde_json::from_str(text).unwrap();
        let read = read_decimal(&value).map(|decimal| decimal.to_string());
        assert_eq!(read, expected.map(str::to_owned), "{text}");
    }
}

#[test]
fn numeric_strings_are_read_leniently_but_exactly() {
    use NumberError::{NotANumber, TooLarge};
    let long = "1".repeat(200);
    let table: &[(&str, Result<&str, NumberError>)] = &[
        ("54", Ok("54")),
        (" +007.50 ", Ok("7.50")),
        (".5", Ok("0.5")),
        ("5.", Ok("5")),
        ("1E2", Ok("100")),
        ("", Err(NotANumber)),
        ("-", Err(NotANumber)),
        (".", Err(NotANumber)),
        ("--5", Err(NotANumber)),
        ("1e", Err(NotANumber)),
        ("1e1.5", Err(NotANumber)),
        ("1e+-5", Err(NotANumber)),
        ("1,000", Err(NotANumber)),
        ("1_000", Err(NotANumber)),
        ("$5", Err(NotANumber)),
        ("NaN", Err(NotANumber)),
        ("Infinity", Err(NotANumber)),
        ("0x10", Err(NotANumber)),
        ("1.2.3", Err(NotANumber)),
        ("٥", Err(NotANumber)),
        ("€5", Err(NotANumber)),
        (&long, Err(TooLarge)),
    ];
    for (text, expected) in table {
        let read = read_decimal_text(text).map(|decimal| decimal.to_string());
        assert_eq!(read, expected.map(str::to_owned), "{text}");
        assert_eq!(
            read_decimal_or_text(&Value::from(*text)).map(|decimal| decimal.to_string()),
            read
        );
    }
}

#[test]
fn minor_units_lose_nothing() {
    use NumberError::{TooLarge, TooManyPlaces};
    let table = [
        ("12.3", 2, Ok(1230)),
        ("12.30", 2, Ok(1230)),
        ("12.300000", 2, Ok(1230)),
        ("-12.34", 2, Ok(-1234)),
        ("12.345", 2, Err(TooManyPlaces)),
        ("12", 0, Ok(12)),
        ("12.5", 0, Err(TooManyPlaces)),
        ("0.000", 2, Ok(0)),
        ("92233720368547758.07", 2, Ok(i64::MAX)),
        ("-92233720368547758.08", 2, Ok(i64::MIN)),
        ("92233720368547758.08", 2, Err(TooLarge)),
        ("79228162514264337593543950335", 28, Err(TooLarge)),
        ("1", 60, Err(TooLarge)),
        ("0", 60, Ok(0)),
    ];
    for (text, exponent, expected) in table {
        assert_eq!(minor_units(decimal(text), exponent), expected, "{text} {exponent}");
    }
}

#[test]
fn what_is_written_is_read_back() {
    for minor in (-2_000..2_000).chain([i64::MIN, i64::MIN + 1, i64::MAX - 1, i64::MAX]) {
        for exponent in 0..=4 {
            for written in [fixed(minor, exponent), python_float(minor, exponent)] {
                let read = read_decimal(&Value::Number(written)).unwrap();
                assert_eq!(minor_units(read, exponent), Ok(minor));
                assert_eq!(read_decimal(&Value::Number(number(read))), Ok(read));
            }
        }
    }
}
