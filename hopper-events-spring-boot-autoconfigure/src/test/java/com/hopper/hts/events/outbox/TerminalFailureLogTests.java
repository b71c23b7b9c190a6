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
package com.hopper.hts.events.outbox;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.hopper.hts.events.OffersDisplayed;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import reactor.test.scheduler.VirtualTimeScheduler;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link TerminalFailureLog}.
 */
class TerminalFailureLogTests {

	private static final String SESSION = "0123456789-session-of-a-customer";

	private final VirtualTimeScheduler scheduler = VirtualTimeScheduler.create();

	private final TerminalFailureLog log = new TerminalFailureLog(this.scheduler);

	private final Logger logger = (Logger) LoggerFactory.getLogger(TerminalFailureLog.class);

	private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

	@BeforeEach
	void listen() {
		this.lines.start();
		this.logger.addAppender(this.lines);
	}

	@AfterEach
	void detach() {
		this.logger.detachAppender(this.lines);
	}

	@Test
	void deadLetterIsALineWithKeyValues() {
		DeadLetter letter = letter(DeadLetter.Reason.REJECTED);
		this.log.dead(letter);
		assertThat(this.lines.list).hasSize(1);
		ILoggingEvent line = this.lines.list.get(0);
		assertThat(line.getLevel()).isEqualTo(Level.WARN);
		assertThat(line.getFormattedMessage()).contains(" is now a dead letter (REJECTED): Not acceptable");
		assertThat(keyValues(line)).containsEntry("hopper.event.type", "offers_displayed")
			.containsEntry("hopper.event.id", letter.event().id().toString())
			.containsEntry("hopper.session", "0123***")
			.containsEntry("hopper.failure.kind", "rejected")
			.containsEntry("hopper.failure.status", 422)
			.containsEntry("hopper.attempts", 1)
			.containsEntry("hopper.reason", "rejected");
		assertThat(line.getFormattedMessage() + keyValues(line)).doesNotContain(SESSION);
	}

	@Test
	void outageIsAFewLinesAndASummaryAMinute() {
		for (int i = 0; i < 1000; i++) {
			this.log.dead(letter(DeadLetter.Reason.EXPIRED));
		}
		assertThat(this.lines.list).hasSize(TerminalFailureLog.LINES);
		this.scheduler.advanceTimeBy(TerminalFailureLog.INTERVAL);
		assertThat(this.lines.list).hasSize(TerminalFailureLog.LINES + 1);
		assertThat(lastMessage())
			.contains("990 more events became dead letters (EXPIRED) within 60s: {offers_displayed rejected=990}");
		this.log.dead(letter(DeadLetter.Reason.EXPIRED));
		assertThat(this.lines.list).hasSize(TerminalFailureLog.LINES + 1);
		this.scheduler.advanceTimeBy(TerminalFailureLog.INTERVAL);
		assertThat(lastMessage()).contains("1 more events became dead letters (EXPIRED)");
		assertThat(keyValues(this.lines.list.get(this.lines.list.size() - 1))).containsEntry("hopper.count", 1L)
			.containsEntry("hopper.reason", "expired");
	}

	@Test
	void eventHasALineOfItsOwnWhenTheOutageIsOver() {
		for (int i = 0; i < 20; i++) {
			this.log.dead(letter(DeadLetter.Reason.EXPIRED));
		}
		this.scheduler.advanceTimeBy(TerminalFailureLog.INTERVAL.multipliedBy(2));
		int before = this.lines.list.size();
		this.log.dead(letter(DeadLetter.Reason.EXPIRED));
		assertThat(this.lines.list).hasSize(before + 1);
		assertThat(lastMessage()).contains("is now a dead letter (EXPIRED)");
		this.scheduler.advanceTimeBy(TerminalFailureLog.INTERVAL.multipliedBy(3));
		assertThat(this.lines.list).hasSize(before + 1);
	}

	@Test
	void oneReasonHidesNoOther() {
		for (int i = 0; i < 20; i++) {
			this.log.dead(letter(DeadLetter.Reason.EXPIRED));
			this.log.dropped(letter(DeadLetter.Reason.EXPIRED).event(), EventDeliveryListener.DiscardReason.OVERFLOW);
		}
		this.log.dead(letter(DeadLetter.Reason.REJECTED));
		assertThat(this.lines.list).hasSize(TerminalFailureLog.LINES * 2 + 1);
		assertThat(lastMessage()).contains("(REJECTED)");
	}

	@Test
	void endWritesDownWhatWasCounted() {
		for (int i = 0; i < 20; i++) {
			this.log.dropped(letter(DeadLetter.Reason.EXPIRED).event(), EventDeliveryListener.DiscardReason.OVERFLOW);
		}
		this.log.flush();
		assertThat(lastMessage()).contains("10 more events were dropped (OVERFLOW)");
		int before = this.lines.list.size();
		this.scheduler.advanceTimeBy(TerminalFailureLog.INTERVAL.multipliedBy(3));
		assertThat(this.lines.list).hasSize(before);
	}

	@Test
	void lossesAfterTheCommitAreErrorsAndCountedAsWell() {
		for (int i = 0; i < 20; i++) {
			this.log.lost(List.of(letter(DeadLetter.Reason.EXPIRED).event()), "1 events were lost",
					new IllegalStateException("full"));
		}
		assertThat(this.lines.list).hasSize(TerminalFailureLog.LINES)
			.allSatisfy((line) -> assertThat(line.getLevel()).isEqualTo(Level.ERROR));
		this.scheduler.advanceTimeBy(TerminalFailureLog.INTERVAL);
		assertThat(lastMessage()).contains("10 more events were lost");
	}

	private String lastMessage() {
		return this.lines.list.get(this.lines.list.size() - 1).getFormattedMessage();
	}

	private static DeadLetter letter(DeadLetter.Reason reason) {
		StoredEvent event = StoredEvent
			.of(UUID.randomUUID(), Instant.EPOCH, SESSION, OffersDisplayed.occurredAt(Instant.EPOCH))
			.failed(new StoredEvent.Failure(Instant.EPOCH, "rejected", 422, "Not acceptable", List.of()));
		return new DeadLetter(event, reason, Instant.EPOCH);
	}

	private static Map<String, Object> keyValues(ILoggingEvent line) {
		return line.getKeyValuePairs().stream().collect(Collectors.toMap((pair) -> pair.key, (pair) -> pair.value));
	}

}
