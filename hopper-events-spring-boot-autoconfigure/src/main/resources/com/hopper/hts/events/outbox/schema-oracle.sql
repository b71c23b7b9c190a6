create table hopper_event_outbox (
  task_name varchar2(100) not null,
  task_instance varchar2(100) not null,
  task_data blob,
  execution_time timestamp(6) with time zone not null,
  picked number(1) not null,
  picked_by varchar2(50),
  last_success timestamp(6) with time zone,
  last_failure timestamp(6) with time zone,
  consecutive_failures number(10),
  last_heartbeat timestamp(6) with time zone,
  version number(19) not null,
  primary key (task_name, task_instance)
);
create index hopper_event_outbox_due on hopper_event_outbox (execution_time);
create index hopper_event_outbox_heartbeat on hopper_event_outbox (last_heartbeat);
