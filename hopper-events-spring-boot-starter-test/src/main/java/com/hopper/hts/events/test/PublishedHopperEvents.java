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
package com.hopper.hts.events.test;

import java.util.List;

import com.hopper.hts.events.HopperEvent;
import org.assertj.core.api.AssertProvider;

/**
 * The events that a test has published, in the order in which they were published. With
 * {@link AutoConfigureHopperEvents} this is a bean and a parameter of test methods;
 * without, create a {@link HopperEventsRecorder}. AssertJ's {@code assertThat(published)}
 * has the assertions of {@link PublishedHopperEventsAssert}.
 * <p>
 * <strong>Which events belong to a test.</strong> A test begins before its
 * {@code @BeforeEach} methods and ends after its {@code @AfterEach} methods. Each test
 * begins with nothing published, also in a cached application context, in {@code @Nested}
 * classes and with one instance for all methods.
 * <ul>
 * <li>An event that is published on the test's thread belongs to that test, and to no
 * other that runs at the same time. The thread that calls {@code publish} or
 * {@code store} counts, not the thread that subscribes to the {@code Mono} or commits the
 * transaction.</li>
 * <li>An event that is published on any other thread, of a server, a pool or a scheduler,
 * belongs to the test that runs in the same application context. If several tests run in
 * parallel, nothing can tell whose event it is: reading the events of any of them then
 * fails with an {@link IllegalStateException} that says so. Run such tests one after
 * another, for example with {@code @ResourceLock} or {@code @Execution(SAME_THREAD)} of
 * JUnit.</li>
 * </ul>
 * On the thread of a test the bean shows the events of that test. On another thread it
 * shows the events of the only test that runs. A parameter belongs to its test and works
 * on any thread, for example with Awaitility for events that are published in the
 * background. Without Spring's default test execution listeners the recorder does not
 * know when a test begins, and only {@link #clear()} forgets events.
 *
 * @since 0.1.0
 */
public interface PublishedHopperEvents extends AssertProvider<PublishedHopperEventsAssert> {

	/**
	 * Return everything that was published.
	 * @return the events in the order in which they were published, unmodifiable
	 * @throws IllegalStateException if it is not known which test has published an event
	 */
	List<PublishedHopperEvent<?>> all();

	/**
	 * Return the published events of a type.
	 * @param <E> the type
	 * @param type the type
	 * @return the events in the order in which they were published, unmodifiable
	 * @throws IllegalStateException if it is not known which test has published an event
	 */
	<E extends HopperEvent> List<PublishedHopperEvent<E>> ofType(Class<E> type);

	/**
	 * Forget the events that were published so far, for example by the preparations of a
	 * test. Events that wait for a commit are published as usual.
	 */
	void clear();

}
