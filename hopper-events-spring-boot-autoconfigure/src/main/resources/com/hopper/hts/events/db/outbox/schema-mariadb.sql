-- Events that wait for their delivery (state PENDING), that were given up (DEAD) or that are
-- kept as proof (DELIVERED). All times are in UTC. The payload is what is sent to the API.
create table if not exists hopper_event_outbox (
  id char(36) not null primary key,
  event_type varchar(255) not null,
  session_id varchar(8000),
  state varchar(10) not null,
  reason varchar(20),
  payload longblob not null,
  occurred_at datetime(6),
  stored_at datetime(6) not null,
  due_at datetime(6) not null,
  attempts int not null,
  last_error varchar(600),
  failures longtext,
  trace longtext,
  replayed_at datetime(6),
  claimed_by varchar(36),
  claimed_until datetime(6),
  finished_at datetime(6),
  status_code int,
  version bigint not null
) character set utf8mb4 collate utf8mb4_bin;
create index if not exists hopper_event_outbox_due on hopper_event_outbox (state, due_at, id, event_type);
