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

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

import com.hopper.hts.events.EventOutbox;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;

/**
 * Books without a database: only journals know which events were stored.
 */
@Component
@ConditionalOnProperty("crash-test.journals")
class JournalBooking implements ApplicationRunner {

	private static final Log logger = LogFactory.getLog(JournalBooking.class);

	private final EventOutbox outbox;

	private final Journals journals;

	private final int firstJournal;

	private final int events;

	private final long pause;

	JournalBooking(EventOutbox outbox, Environment environment) {
		this.outbox = outbox;
		this.journals = new Journals(Path.of(environment.getRequiredProperty("crash-test.journals")),
				environment.getRequiredProperty("crash-test.journal-count", Integer.class));
		this.firstJournal = environment.getRequiredProperty("crash-test.instance", Integer.class)
				* BookingApplication.THREADS;
		this.events = environment.getRequiredProperty("crash-test.events", Integer.class);
		this.pause = environment.getRequiredProperty("crash-test.pause", Long.class);
	}

	@Override
	public void run(ApplicationArguments arguments) {
		for (int i = 0; i < BookingApplication.THREADS; i++) {
			int index = this.firstJournal + i;
			BookingApplication.start(() -> bookAll(index), i);
		}
	}

	private void bookAll(int index) {
		try (Journal journal = Journal.open(this.journals.file(index))) {
			if (journal.lastState() == Journal.State.END) {
				return;
			}
			// The last one may have been killed while it was stored, and is not tried
			// again
			int last = journal.lastNumber();
			int number = (last > 0) ? this.journals.next(last) : this.journals.first(index);
			for (; number <= this.events; number = this.journals.next(number)) {
				if (!Numbers.isRolledBack(number)) {
					book(journal, number);
				}
			}
			journal.append(number, Journal.State.END);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private void book(Journal journal, int number) throws IOException, InterruptedException {
		journal.append(number, Journal.State.BEGUN);
		try {
			this.outbox.store(Numbers.session(number), BookingApplication.event(number));
		}
		catch (RuntimeException ex) {
			logger.warn("Booking " + number + " failed", ex);
			journal.append(number, Journal.State.FAILED);
			TimeUnit.SECONDS.sleep(1);
			return;
		}
		journal.append(number, Journal.State.STORED);
		TimeUnit.MILLISECONDS.sleep(this.pause);
	}

}
