-- What only SQLite is told: how invoices lie that have no instant of sending, and that the log refuses to be changed.

create index invoice_by_sending on invoice (book, sent_at, key);
create trigger event_is_never_updated before update on event
begin
    select raise(abort, 'the log is insert-only');
end;
create trigger event_is_never_deleted before delete on event
begin
    select raise(abort, 'the log is insert-only');
end;
-- "insert or replace" removes a row without asking the trigger above.
create trigger event_is_never_replaced before insert on event
when exists (select 1 from event where book = new.book and seq = new.seq)
begin
    select raise(abort, 'the log is insert-only');
end;
