create table hopper_event_outbox (
  task_name varchar(100) not null,
  task_instance varchar(100) not null,
  task_data blob,
  execution_time timestamp with time zone not null,
  picked boolean not null,
  picked_by varchar(50),
  last_success timestamp with time zone,
  last_failure timestamp with time zone,
  consecutive_failures int,
  last_heartbeat timestamp with time zone,
  version bigint not null,
  primary key (task_name, task_instance)
);
create index hopper_event_outbox_due on hopper_event_outbox (execution_time);
create index hopper_event_outbox_heartbeat on hopper_event_outbox (last_heartbeat);
insert into hopper_event_outbox (task_name, task_instance, task_data, execution_time, picked, version) values
  ('offers_displayed', '01a20885-5e08-7002-82ff-d7a1eda570d1', stringtoutf8('{"version":1,"id":"01a20885-5e08-7002-82ff-d7a1eda570d1","stored_at":"2026-05-04T10:15:30.123456Z","session_id":"session-1","type":"offers_displayed","event":{"type":"offers_displayed","occurred_date_time":"2026-05-04T10:15:30Z"}}'), timestamp with time zone '2026-05-04 10:15:30+00', false, 1),
  ('booking_confirmed', '01a20885-5e08-7002-82ff-d7a1eda570d2', stringtoutf8('{"version":1,"id":"01a20885-5e08-7002-82ff-d7a1eda570d2","stored_at":"2026-05-04T10:15:30.123456Z","type":"booking_confirmed","event":{"type":"booking_confirmed","occurred_date_time":"2026-05-04T10:15:30Z","cfar_contract_id":"contract-1","cfar_offer_ids":["offer-1"],"booking_references":{"cfar":"PNR"}},"attempts":2,"failures":[{"at":"2026-05-04T10:15:31Z","kind":"server_error","status":503,"message":"Unavailable"},{"at":"2026-05-04T10:15:33Z","kind":"timeout","message":"No answer"}],"trace":{"traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}}'), timestamp with time zone '2026-05-04 10:15:37+00', true, 3),
  ('dead.seat_selected', '01a20885-5e08-7002-82ff-d7a1eda570d3', stringtoutf8('{"version":1,"id":"01a20885-5e08-7002-82ff-d7a1eda570d3","stored_at":"2026-05-04T10:15:30.123456Z","session_id":"session-3","type":"seat_selected","event":{"type":"seat_selected","occurred_date_time":"2026-05-04T10:15:30Z","price":12.50,"seat":"12A"},"attempts":1,"failures":[{"at":"2026-05-04T10:15:31Z","kind":"rejected","status":422,"message":"Refused","errors":[{"message":"wrong","code":"C1","messages":{"seat":"***"}}]}],"replayed_at":"2026-05-05T00:00:00Z","dead":{"reason":"REJECTED","since":"2026-05-04T10:15:31Z"}}'), timestamp with time zone '9999-12-01 00:00:00+00', false, 2),
  ('control', 'pause', stringtoutf8('{}'), timestamp with time zone '9999-12-01 00:00:00+00', false, 1);
