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

import java.util.Objects;

import com.hopper.hts.events.EventNotStoredException;
import com.hopper.hts.events.EventOutbox;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.core.env.Environment;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Books in the database, each booking and its event in one transaction.
 */
@Component
@ConditionalOnProperty("spring.datasource.url")
class DatabaseBooking implements ApplicationRunner {

	private static final Log logger = LogFactory.getLog(DatabaseBooking.class);

	private final JdbcTemplate jdbc;

	private final TransactionTemplate transactions;

	private final EventOutbox outbox;

	private final int total;

	DatabaseBooking(JdbcTemplate jdbc, TransactionTemplate transactions, EventOutbox outbox, Environment environment) {
		this.jdbc = jdbc;
		this.transactions = transactions;
		this.outbox = outbox;
		this.total = environment.getRequiredProperty("crash-test.events", Integer.class);
	}

	@Override
	public void run(ApplicationArguments arguments) {
		for (int i = 0; i < BookingApplication.THREADS; i++) {
			BookingApplication.start(this::bookAll, i);
		}
	}

	private void bookAll() {
		int number = 0;
		while (number < this.total) {
			try {
				number = Objects.requireNonNull(this.transactions.execute(this::book));
			}
			catch (DataAccessException | TransactionException | EventNotStoredException ex) {
				logger.warn("The booking after " + number + " failed", ex);
			}
		}
	}

	/**
	 * The number is taken in the transaction, so that one can see from outside whether
	 * the booking is over.
	 */
	private int book(TransactionStatus status) {
		int number = next();
		if (number < this.total) {
			this.jdbc.update("insert into bookings (number) values (?)", number);
			this.outbox.store(Numbers.session(number), BookingApplication.event(number));
			if (Numbers.isRolledBack(number)) {
				status.setRollbackOnly();
			}
		}
		return number;
	}

	private int next() {
		Integer number = this.jdbc.queryForObject("select nextval('booking_numbers')", Integer.class);
		return (number != null) ? number : 0;
	}

}
