-- What only PostgreSQL is told: invoices without an instant of sending come first, as in SQLite, no samples of texts and salts are taken,
-- which would outlive them where every role reads them, and the log refuses to be changed. No row of the log is ever written twice, so it
-- needs no room for that.

create index invoice_by_sending on invoice (book, sent_at nulls first, key);
alter table content alter column body set statistics 0;
alter table content alter column salt set statistics 0;
create function log_is_insert_only() returns trigger language plpgsql as $$
begin
    raise exception 'the log is insert-only' using errcode = 'restrict_violation';
end
$$;
create trigger event_is_never_updated before update on event
    for each statement execute function log_is_insert_only();
create trigger event_is_never_deleted before delete on event
    for each statement execute function log_is_insert_only();
create trigger event_is_never_truncated before truncate on event
    for each statement execute function log_is_insert_only();
