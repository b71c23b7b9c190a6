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
package com.hopper.hts.events.actuate;

import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.outbox.DeadLetter;
import com.hopper.hts.events.outbox.EventOutboxOperations;
import com.hopper.hts.events.outbox.EventOutboxState;
import com.hopper.hts.events.outbox.StoredEvent;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.support.StaticListableBeanFactory;
import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.actuate.audit.listener.AuditApplicationEvent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.ArgumentMatchers.anyList;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.willAnswer;
import static org.mockito.Mockito.mock;

/**
 * Tests for what an operator is told when the outbox fails in the middle.
 */
class OutboxOperatorTests {

	private static final OutboxOperator.Command ALL = new OutboxOperator.Command(null,
			new Selection(null, null, null, null, null), "true", null, null, null, "test");

	private final EventOutboxOperations operations = mock();

	private final List<AuditEvent> audit = new ArrayList<>();

	private final OutboxOperator operator = new OutboxOperator(true, false,
			new StaticListableBeanFactory(Map.of("operations", this.operations))
				.getBeanProvider(EventOutboxOperations.class),
			new OperatorAudit((event) -> this.audit.add(((AuditApplicationEvent) event).getAuditEvent())),
			Clock.systemUTC());

	@BeforeEach
	void prepare() {
		DeadLetter letter = new DeadLetter(StoredEvent.of(UUID.randomUUID(), Instant.EPOCH, "session-1",
				OffersDisplayed.occurredAt(Instant.EPOCH)), DeadLetter.Reason.REJECTED, Instant.EPOCH);
		given(this.operations.deadLetters(any(), any(), anyInt())).willReturn(List.of(letter));
		given(this.operations.state()).willReturn(state(5));
	}

	@Test
	void replayThatIsDoneHasNotFailed() {
		given(this.operations.replay(anyList())).willAnswer((call) -> {
			goAway();
			return 1L;
		});
		assertThat(this.operator.replay(ALL, "ada").count()).isOne();
	}

	@Test
	void whatIsReplayedIsNoOtherEvent() {
		given(this.operations.replay(anyList())).willAnswer((call) -> {
			given(this.operations.state()).willReturn(state(6));
			return 1L;
		});
		assertThat(this.operator.replay(ALL, "ada").outlook()).contains("Deliveries are flowing; 5 other events wait.");
	}

	@Test
	void nothingIsReplayedWithoutALook() {
		goAway();
		assertThatExceptionOfType(OperatorException.class).isThrownBy(() -> this.operator.replay(ALL, "ada"));
		assertThat(this.audit).isEmpty();
	}

	@Test
	void pauseAndResumeThatAreDoneHaveNotFailed() {
		willAnswer((call) -> {
			goAway();
			return null;
		}).given(this.operations).pause("test");
		assertThat(this.operator.pause("test", "ada").paused()).isTrue();
		assertThat(this.operator.resume("test", "ada").paused()).isFalse();
	}

	@Test
	void errorIsRecordedLikeAnyOtherFailure() {
		given(this.operations.discard(anyList(), any())).willThrow(new NoClassDefFoundError("test"));
		assertThatExceptionOfType(OperatorException.class).isThrownBy(() -> this.operator.discard(ALL, "ada"));
		assertThat(this.audit).singleElement().satisfies((event) -> assertThat(event.getData()).containsKey("failure"));
	}

	@Test
	void listenerThatFailsUndoesNothing() {
		given(this.operations.discard(anyList(), any())).willReturn(1L);
		OutboxOperator unheard = new OutboxOperator(true, false,
				new StaticListableBeanFactory(Map.of("operations", this.operations))
					.getBeanProvider(EventOutboxOperations.class),
				new OperatorAudit((event) -> {
					throw new NoClassDefFoundError("test");
				}), Clock.systemUTC());
		assertThat(unheard.discard(ALL, "ada").count()).isOne();
	}

	private void goAway() {
		given(this.operations.state()).willThrow(new IllegalStateException("no connection"));
	}

	private static EventOutboxState state(long pending) {
		return new EventOutboxState(Map.of("custom", pending), Map.of(), null, true, 0, null);
	}

}
