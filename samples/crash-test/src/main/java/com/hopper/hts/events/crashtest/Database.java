/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package com.hopper.hts.events.crashtest;

import java.util.BitSet;
import java.util.List;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.RowCallbackHandler;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/**
 * The database in which the instances book, with the outbox' table.
 */
final class Database implements Bookings {

	private final String url;

	private final String user;

	private final String password;

	private final int events;

	private final JdbcTemplate jdbc;

	Database(String url, String user, String password, int events) {
		this.url = url;
		this.user = user;
		this.password = password;
		this.events = events;
		this.jdbc = new JdbcTemplate(new DriverManagerDataSource(url, user, password));
	}

	void prepare() {
		this.jdbc.execute("drop table if exists bookings");
		this.jdbc.execute("drop table if exists hopper_event_outbox");
		this.jdbc.execute("drop sequence if exists booking_numbers");
		this.jdbc.execute("create table bookings (number int primary key)");
		this.jdbc.execute("create sequence booking_numbers");
	}

	/**
	 * Return the properties with which an instance connects.
	 */
	List<String> properties() {
		return List.of("--spring.datasource.url=" + this.url, "--spring.datasource.username=" + this.user,
				"--spring.datasource.password=" + this.password, "--spring.datasource.hikari.maximum-pool-size=20",
				"--hopper.outbox.jdbc.initialize-schema=always", "--hopper.outbox.jdbc.polling-interval=1s",
				"--crash-test.events=" + (this.events + 1));
	}

	@Override
	public long taken() {
		return number("select case when is_called then last_value else 0 end from booking_numbers");
	}

	@Override
	public boolean areOver() {
		// In this order: who has taken one of the numbers holds the lock to the end of
		// its
		// transaction
		return taken() >= this.events
				&& number("select count(*) from pg_locks where relation = 'booking_numbers'::regclass "
						+ "and mode = 'RowExclusiveLock'") == 0;
	}

	@Override
	public BitSet stored() {
		BitSet committed = new BitSet();
		this.jdbc.queryForList("select number from bookings where number <= " + this.events, Integer.class)
			.forEach(committed::set);
		return committed;
	}

	@Override
	public BitSet unknown() {
		return new BitSet();
	}

	/**
	 * Return the number of rows that wait for their delivery.
	 */
	long pending() {
		return hasTable() ? number("select count(*) from hopper_event_outbox where state = 'PENDING'") : 0;
	}

	/**
	 * Return the number of all rows.
	 */
	long rows() {
		return hasTable() ? number("select count(*) from hopper_event_outbox") : 0;
	}

	private boolean hasTable() {
		return Boolean.TRUE
			.equals(this.jdbc.queryForObject("select to_regclass('hopper_event_outbox') is not null", Boolean.class));
	}

	DeadLetters deadLetters() {
		DeadLetters letters = new DeadLetters();
		this.jdbc.query("select session_id, reason from hopper_event_outbox where state = 'DEAD'",
				(RowCallbackHandler) (resultSet) -> letters.add(resultSet.getString(1), resultSet.getString(2)));
		return letters;
	}

	private long number(String sql) {
		Long number = this.jdbc.queryForObject(sql, Long.class);
		return (number != null) ? number : 0;
	}

}
