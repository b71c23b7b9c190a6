-- Events that wait for their delivery (state PENDING), that were given up (DEAD) or that are
-- kept as proof (DELIVERED). All times are in UTC. The payload is what is sent to the API.
create table hopper_event_outbox (
  id char(36) not null primary key,
  event_type varchar2(255 char) not null,
  session_id varchar2(4000),
  state varchar2(10) not null,
  reason varchar2(20),
  payload blob not null,
  occurred_at timestamp(6),
  stored_at timestamp(6) not null,
  due_at timestamp(6) not null,
  attempts number(10) not null,
  last_error varchar2(600 char),
  failures clob,
  trace clob,
  replayed_at timestamp(6),
  claimed_by varchar2(36),
  claimed_until timestamp(6),
  finished_at timestamp(6),
  status_code number(10),
  version number(19) not null
);
create index hopper_event_outbox_due on hopper_event_outbox (state, due_at, id, event_type);
