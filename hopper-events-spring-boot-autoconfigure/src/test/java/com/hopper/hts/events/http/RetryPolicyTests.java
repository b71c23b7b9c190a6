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
package com.hopper.hts.events.http;

import java.time.Duration;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link RetryPolicy}.
 */
class RetryPolicyTests {

	private final RetryPolicy policy = new RetryPolicy(4, Duration.ofMillis(200), 2, Duration.ofMillis(700), 0.5,
			Duration.ofSeconds(10), Duration.ofSeconds(30), true, 10);

	@Test
	void intervalsGrowToTheirMaximum() {
		assertThat(this.policy.interval(1, 0)).isEqualTo(Duration.ofMillis(200));
		assertThat(this.policy.interval(2, 0)).isEqualTo(Duration.ofMillis(400));
		assertThat(this.policy.interval(3, 0)).isEqualTo(Duration.ofMillis(700));
		assertThat(this.policy.interval(1000, 0)).isEqualTo(Duration.ofMillis(700));
	}

	@Test
	void jitterShortensByItsPartAtTheMost() {
		assertThat(this.policy.interval(1, 1)).isEqualTo(Duration.ofMillis(100));
		assertThat(this.policy.interval(1, 0.5)).isEqualTo(Duration.ofMillis(150));
	}

	@Test
	void intervalAskedForIsNeverShortenedButCapped() {
		assertThat(this.policy.intervalAfter(Duration.ofSeconds(3), 0)).isEqualTo(Duration.ofSeconds(3));
		assertThat(this.policy.intervalAfter(Duration.ofSeconds(3), 1)).isEqualTo(Duration.ofMillis(3100));
		assertThat(this.policy.intervalAfter(Duration.ofHours(3), 0)).isEqualTo(Duration.ofSeconds(10));
	}

	@Test
	void rangesAreChecked() {
		assertThatIllegalArgumentException()
			.isThrownBy(
					() -> new RetryPolicy(0, Duration.ZERO, 1, Duration.ZERO, 0, Duration.ZERO, Duration.ZERO, true, 0))
			.withMessageContaining("'maxAttempts'");
		assertThatIllegalArgumentException()
			.isThrownBy(
					() -> new RetryPolicy(1, Duration.ZERO, 1, Duration.ZERO, 2, Duration.ZERO, Duration.ZERO, true, 0))
			.withMessageContaining("'jitter'");
		assertThatIllegalArgumentException().isThrownBy(() -> policy(0.9, 0, 0)).withMessageContaining("'multiplier'");
		assertThatIllegalArgumentException().isThrownBy(() -> policy(1, -0.1, 0)).withMessageContaining("'jitter'");
		assertThatIllegalArgumentException().isThrownBy(() -> policy(1, 0, -1)).withMessageContaining("'budget'");
		assertThat(policy(1, 0, 0).jitter()).isZero();
		assertThat(policy(1, 1, 0).jitter()).isOne();
	}

	private static RetryPolicy policy(double multiplier, double jitter, int budget) {
		return new RetryPolicy(1, Duration.ZERO, multiplier, Duration.ZERO, jitter, Duration.ZERO, Duration.ZERO, true,
				budget);
	}

	@Test
	void whoRepeatsAttemptsItselfMakesOneAtATime() {
		assertThat(this.policy.once()).isEqualTo(new RetryPolicy(1, Duration.ofMillis(200), 2, Duration.ofMillis(700),
				0.5, Duration.ofSeconds(10), Duration.ofSeconds(30), true, 10));
	}

}
