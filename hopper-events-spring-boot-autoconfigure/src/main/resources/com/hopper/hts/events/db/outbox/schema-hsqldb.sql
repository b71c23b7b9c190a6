-- Events that wait for their delivery (state PENDING), that were given up (DEAD) or that are
-- kept as proof (DELIVERED). All times are in UTC. The payload is what is sent to the API.
create table if not exists hopper_event_outbox (
  id varchar(36) not null primary key,
  event_type varchar(255) not null,
  session_id varchar(8000),
  state varchar(10) not null,
  reason varchar(20),
  payload longvarbinary not null,
  occurred_at timestamp(6),
  stored_at timestamp(6) not null,
  due_at timestamp(6) not null,
  attempts integer not null,
  last_error varchar(600),
  failures longvarchar,
  trace longvarchar,
  replayed_at timestamp(6),
  claimed_by varchar(36),
  claimed_until timestamp(6),
  finished_at timestamp(6),
  status_code integer,
  version bigint not null
);
create index if not exists hopper_event_outbox_due on hopper_event_outbox (state, due_at, id, event_type);
