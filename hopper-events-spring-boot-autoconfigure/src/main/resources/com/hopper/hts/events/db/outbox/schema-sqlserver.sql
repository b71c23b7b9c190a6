-- Events that wait for their delivery (state PENDING), that were given up (DEAD) or that are
-- kept as proof (DELIVERED). All times are in UTC. The payload is what is sent to the API.
create table hopper_event_outbox (
  id nchar(36) not null primary key,
  event_type nvarchar(255) not null,
  session_id nvarchar(4000),
  state nvarchar(10) not null,
  reason nvarchar(20),
  payload varbinary(max) not null,
  occurred_at datetime2(6),
  stored_at datetime2(6) not null,
  due_at datetime2(6) not null,
  attempts int not null,
  last_error nvarchar(600),
  failures nvarchar(max),
  trace nvarchar(max),
  replayed_at datetime2(6),
  claimed_by nvarchar(36),
  claimed_until datetime2(6),
  finished_at datetime2(6),
  status_code int,
  version bigint not null
);
create index hopper_event_outbox_due on hopper_event_outbox (state, due_at, id, event_type);
